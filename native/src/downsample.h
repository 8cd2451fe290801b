// Reduction of a series to what a chart of given width can show. The readable twin, with the definitions, is
// src/epochal/events/reference_downsample.py.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "extremes.h"

namespace epochal {

// Positions of points: steps, or times less `origin`. They do not descend and are not NaN.
struct StepAxis {
  std::span<const int64_t> steps;

  int64_t size() const { return static_cast<int64_t>(steps.size()); }
  double operator[](int64_t i) const { return static_cast<double>(steps[static_cast<size_t>(i)]); }
};

struct TimeAxis {
  std::span<const double> times;
  double origin;

  int64_t size() const { return static_cast<int64_t>(times.size()); }
  double operator[](int64_t i) const { return times[static_cast<size_t>(i)] - origin; }
};

using Axis = std::variant<StepAxis, TimeAxis>;

// As many columns share one reduction: what was logged, and the same smoothed.
inline constexpr size_t kMostColumns = 2;

// A column of values and, if known, its extremes.
struct Heights {
  std::variant<std::span<const double>, std::span<const float>> values;
  const Extremes* extremes = nullptr;
};

// Indices [first, last) of the points in [lo, hi].
std::pair<int64_t, int64_t> find_range(const Axis& axis, double lo, double hi);

// The smallest and largest finite value of [first, last); nothing without any.
std::optional<std::pair<double, double>> find_bounds(const Heights& heights, int64_t first, int64_t last);

// Sorted indices of the first and last point of each bucket [lo + i*width, lo + (i+1)*width) and, for each column, of
// the lowest and highest point and the first NaN, +Inf and -Inf; and of the nearest point on each side. All columns
// are as long as the axis; at most kMostColumns; width > 0, buckets > 0.
std::vector<int64_t> m4_indices(const Axis& axis, std::span<const Heights> columns, double lo, double width,
                                int64_t buckets);

}  // namespace epochal
