// Smoothing by the mean of a sliding window of finite points.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "finite_values.h"
#include "smoothing.h"

namespace epochal {
namespace {

// A sum that numbers enter and leave without their rounding errors piling up (Neumaier).
class RunningSum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    correction_ += std::abs(sum_) >= std::abs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + correction_; }

 private:
  double sum_ = 0;
  double correction_ = 0;
};

// The mean of the points around each: of so many before and after it, or as many as there are.
void smooth_by_mean(std::span<const double> values, int64_t before, int64_t after, double* out) {
  const auto count = static_cast<int64_t>(values.size());
  const auto value_at = [&](int64_t i) { return values[static_cast<size_t>(i)]; };
  RunningSum sum;
  int64_t entering = 0;
  for (int64_t i = 0; i < count; ++i) {
    while (entering < count && entering - i <= after) sum.add(value_at(entering++));
    const int64_t leaving = i - before - 1;
    if (leaving >= 0) sum.add(-value_at(leaving));
    const int64_t first = std::max<int64_t>(0, i - before);
    double mean = sum.value() / static_cast<double>(entering - first);
    if (!std::isfinite(mean)) {  // the sum left the range of doubles; the mean cannot
      mean = 0;
      for (int64_t near = first; near < entering; ++near) mean += value_at(near) / static_cast<double>(entering - first);
    }
    out[i] = mean;
  }
}

}  // namespace

void smooth_mean(std::span<const double> y, int64_t window, double* out) {
  smooth_finite(y, out, [&](std::span<const double> values, double* smoothed) {
    smooth_by_mean(values, (window - 1) / 2, window / 2, smoothed);
  });
}

}  // namespace epochal
