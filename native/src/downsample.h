// Reduction of a series to what a chart of given width can show, and smoothing. The readable twin, with the
// definitions, is src/epochal/events/reference_downsample.py.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace epochal {

// Sorted indices of the first, last, lowest and highest point and the first NaN, +Inf and -Inf of each bucket
// [lo + i*width, lo + (i+1)*width), and the nearest point on each side. x must not descend; sizes are equal,
// width > 0, buckets > 0.
std::vector<int64_t> m4_indices(std::span<const double> x, std::span<const double> y, double lo, double width,
                                int64_t buckets);

// Each fills out[0 .. y.size()). Points that are not finite pass through and are skipped.
void smooth_exponential(std::span<const double> y, double weight, double* out);
void smooth_time_weighted(std::span<const double> x, std::span<const double> y, double weight, double* out);
void smooth_mean(std::span<const double> y, int64_t window, double* out);    // window ≥ 1
void smooth_median(std::span<const double> y, int64_t window, double* out);  // window ≥ 1

}  // namespace epochal
