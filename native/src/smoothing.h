// Smoothing of a column of values. The readable twin, with the definitions, is
// src/epochal/events/reference_smoothing.py.
#pragma once

#include <cstdint>
#include <span>

namespace epochal {

// Each fills out[0 .. y.size()). Points that are not finite pass through and are skipped.
void smooth_exponential(std::span<const double> y, double weight, double* out);
void smooth_time_weighted(std::span<const double> x, std::span<const double> y, double weight, double* out);
void smooth_mean(std::span<const double> y, int64_t window, double* out);    // window ≥ 1
void smooth_median(std::span<const double> y, int64_t window, double* out);  // window ≥ 1

}  // namespace epochal
