// Smoothing over a sliding window of finite points: mean and median.
#include <algorithm>
#include <cmath>
#include <set>

#include "downsample.h"

namespace epochal {
namespace {

std::vector<int64_t> finite_indices(std::span<const double> y) {
  std::vector<int64_t> finite;
  for (size_t i = 0; i < y.size(); ++i) {
    if (std::isfinite(y[i])) finite.push_back(static_cast<int64_t>(i));
  }
  return finite;
}

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

// The sliding window's values in order, split at the median: `low` holds the lower half and the middle one.
class MedianWindow {
 public:
  void insert(double value) {
    if (low_.empty() || value <= *low_.rbegin()) {
      low_.insert(value);
    } else {
      high_.insert(value);
    }
    balance();
  }

  void remove(double value) {
    if (value <= *low_.rbegin()) {
      low_.erase(low_.find(value));
    } else {
      high_.erase(high_.find(value));
    }
    balance();
  }

  double median() const {
    const double middle = *low_.rbegin();
    return low_.size() > high_.size() ? middle : middle + (*high_.begin() - middle) / 2;
  }

 private:
  void balance() {
    while (low_.size() > high_.size() + 1) {
      const auto top = std::prev(low_.end());
      high_.insert(*top);
      low_.erase(top);
    }
    while (low_.size() < high_.size()) {
      low_.insert(*high_.begin());
      high_.erase(high_.begin());
    }
  }

  std::multiset<double> low_;
  std::multiset<double> high_;
};

}  // namespace

void smooth_mean(std::span<const double> y, int64_t window, double* out) {
  std::copy(y.begin(), y.end(), out);
  const std::vector<int64_t> finite = finite_indices(y);
  const int64_t count = static_cast<int64_t>(finite.size());
  const int64_t before = std::min((window - 1) / 2, count);
  const int64_t after = std::min(window / 2, count);
  const auto value_at = [&](int64_t rank) { return y[static_cast<size_t>(finite[static_cast<size_t>(rank)])]; };
  RunningSum sum;
  int64_t entering = 0;
  for (int64_t rank = 0; rank < count; ++rank) {
    while (entering < count && entering <= rank + after) sum.add(value_at(entering++));
    const int64_t leaving = rank - before - 1;
    if (leaving >= 0) sum.add(-value_at(leaving));
    const int64_t first = std::max<int64_t>(0, rank - before);
    double mean = sum.value() / static_cast<double>(entering - first);
    if (!std::isfinite(mean)) {  // the sum left the range of doubles; the mean cannot
      mean = 0;
      for (int64_t near = first; near < entering; ++near) mean += value_at(near) / static_cast<double>(entering - first);
    }
    out[finite[static_cast<size_t>(rank)]] = mean;
  }
}

void smooth_median(std::span<const double> y, int64_t window, double* out) {
  std::copy(y.begin(), y.end(), out);
  const std::vector<int64_t> finite = finite_indices(y);
  const int64_t count = static_cast<int64_t>(finite.size());
  const int64_t before = std::min((window - 1) / 2, count);
  const int64_t after = std::min(window / 2, count);
  const auto value_at = [&](int64_t rank) { return y[static_cast<size_t>(finite[static_cast<size_t>(rank)])]; };
  MedianWindow values;
  int64_t entering = 0;
  for (int64_t rank = 0; rank < count; ++rank) {
    while (entering < count && entering <= rank + after) values.insert(value_at(entering++));
    const int64_t leaving = rank - before - 1;
    if (leaving >= 0) values.remove(value_at(leaving));
    out[finite[static_cast<size_t>(rank)]] = values.median();
  }
}

}  // namespace epochal
