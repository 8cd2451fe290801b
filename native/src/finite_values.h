// Runs a smoother that knows only finite values over a column that may hold others.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace epochal {

// Calls smooth(values, out) with the finite values of `y` as if there were no others, which pass through.
template <typename Smooth>
void smooth_finite(std::span<const double> y, double* out, Smooth smooth) {
  if (std::all_of(y.begin(), y.end(), [](double value) { return std::isfinite(value); })) {
    smooth(y, out);
    return;
  }
  std::vector<size_t> places;
  std::vector<double> finite;
  for (size_t i = 0; i < y.size(); ++i) {
    out[i] = y[i];
    if (!std::isfinite(y[i])) continue;
    places.push_back(i);
    finite.push_back(y[i]);
  }
  std::vector<double> smoothed(finite.size());
  smooth(std::span<const double>(finite), smoothed.data());
  for (size_t i = 0; i < places.size(); ++i) out[places[i]] = smoothed[i];
}

}  // namespace epochal
