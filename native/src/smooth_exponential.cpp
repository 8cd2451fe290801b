// Smoothing with a memory that fades: by the number of points, or by the distance between them.
#include <algorithm>
#include <cmath>

#include "smoothing.h"

namespace epochal {

void smooth_exponential(std::span<const double> y, double weight, double* out) {
  const bool constant = std::all_of(y.begin(), y.end(), [&](double value) { return value == y[0]; });
  double last = 0;
  double power = 1;  // weight to the number of points so far; soon too small to matter
  for (size_t i = 0; i < y.size(); ++i) {
    const double value = y[i];
    if (constant || !std::isfinite(value)) {
      out[i] = value;
      continue;
    }
    last = last * weight + (1 - weight) * value;
    power *= weight;
    out[i] = weight == 1 || 1 - power == 1 ? last : last / (1 - power);
  }
}

void smooth_time_weighted(std::span<const double> x, std::span<const double> y, double weight, double* out) {
  double first_x = 0;
  double last_x = 0;
  int64_t finite = 0;
  const auto usable = [&](size_t i) { return std::isfinite(x[i]) && std::isfinite(y[i]); };
  for (size_t i = 0; i < y.size(); ++i) {
    if (!usable(i)) continue;
    if (finite == 0) first_x = x[i];
    last_x = x[i];
    ++finite;
  }
  const double spacing = finite > 1 ? (last_x - first_x) / static_cast<double>(finite - 1) : 0;
  double total = 0;
  double share = 0;
  double previous_x = 0;
  // Even spacing is common, and pow is what this costs.
  double known_gap = 1;
  double known_fade = weight;
  bool started = false;
  for (size_t i = 0; i < y.size(); ++i) {
    if (!usable(i)) {
      out[i] = y[i];
      continue;
    }
    if (started) {
      const double gap = spacing > 0 ? (x[i] - previous_x) / spacing : 1;
      if (gap != known_gap) {
        known_gap = gap;
        known_fade = gap > 0 ? std::pow(weight, gap) : 1;
      }
      total *= known_fade;
      share *= known_fade;
    }
    started = true;
    previous_x = x[i];
    total += y[i];
    share += 1;
    out[i] = total / share;
  }
}

}  // namespace epochal
