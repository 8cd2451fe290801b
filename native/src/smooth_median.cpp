// Smoothing by the median of a sliding window of finite points.
//
// The points are taken in stretches a few windows long. The values of a stretch are ranked once; the window is then a
// set of ranks, one bit each, and its median a rank that moves to a neighbour when a point enters or leaves.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "finite_values.h"
#include "smoothing.h"

namespace epochal {
namespace {

// A set of ranks and the lower median of those in it.
class RankWindow {
 public:
  void reset(size_t ranks) {
    words_.assign(ranks / 64 + 1, 0);
    size_ = below_ = 0;
    middle_ = 0;
  }

  void insert(size_t rank) {
    words_[rank / 64] |= uint64_t{1} << rank % 64;
    if (rank < middle_) ++below_;
    ++size_;
  }

  void remove(size_t rank) {
    words_[rank / 64] &= ~(uint64_t{1} << rank % 64);
    if (rank < middle_) --below_;
    --size_;
  }

  // The rank that half of the others, rounded down, lie below; the window must not be empty.
  size_t lower_median() {
    const size_t wanted = (size_ - 1) / 2;
    if (!contains(middle_)) {
      if (below_ == size_) {
        middle_ = before(middle_);
        --below_;
      } else {
        middle_ = after(middle_);
      }
    }
    for (; below_ > wanted; --below_) middle_ = before(middle_);
    for (; below_ < wanted; ++below_) middle_ = after(middle_);
    return middle_;
  }

  bool is_even() const { return size_ % 2 == 0; }

  // The nearest rank in the set on that side; there must be one.
  size_t after(size_t rank) const {
    size_t at = (rank + 1) / 64;
    uint64_t word = words_[at] & ~uint64_t{0} << (rank + 1) % 64;
    while (word == 0) word = words_[++at];
    return at * 64 + static_cast<size_t>(std::countr_zero(word));
  }

  size_t before(size_t rank) const {
    size_t at = rank / 64;
    uint64_t word = words_[at] & ((uint64_t{1} << rank % 64) - 1);
    while (word == 0) word = words_[--at];
    return at * 64 + 63 - static_cast<size_t>(std::countl_zero(word));
  }

 private:
  bool contains(size_t rank) const { return words_[rank / 64] >> rank % 64 & 1; }

  std::vector<uint64_t> words_;
  size_t size_ = 0;
  size_t below_ = 0;   // how many of the set are less than middle_
  size_t middle_ = 0;  // need not be in the set until the median is asked for
};

struct Ranked {
  uint64_t key;  // in the order of the values
  size_t place;  // in the stretch
};

uint64_t key_of(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

double value_of(uint64_t key) { return std::bit_cast<double>(key >> 63 ? key & ~(uint64_t{1} << 63) : ~key); }

// Sorts by key, byte for byte from the lowest; bytes in which all keys agree cost a look only.
class RadixSorter {
 public:
  void sort(std::vector<Ranked>& items) {
    counts_.assign(kBytes * 256, 0);
    for (const Ranked& item : items) {
      for (size_t byte = 0; byte < kBytes; ++byte) ++counts_[byte * 256 + digit(item, byte)];
    }
    spare_.resize(items.size());
    for (size_t byte = 0; byte < kBytes; ++byte) {
      size_t* const counts = counts_.data() + byte * 256;
      if (counts[digit(items[0], byte)] == items.size()) continue;
      size_t start = 0;
      for (size_t i = 0; i < 256; ++i) start += std::exchange(counts[i], start);
      for (const Ranked& item : items) spare_[counts[digit(item, byte)]++] = item;
      items.swap(spare_);
    }
  }

 private:
  static constexpr size_t kBytes = 8;
  static size_t digit(const Ranked& item, size_t byte) { return item.key >> 8 * byte & 255; }

  std::vector<size_t> counts_;
  std::vector<Ranked> spare_;
};

// Medians of the windows around values[begin, end) into the same places of `out`.
class StretchSmoother {
 public:
  StretchSmoother(std::span<const double> values, size_t before, size_t after)
      : values_(values), before_(before), after_(after) {}

  void smooth(size_t begin, size_t end, double* out) {
    const size_t start = begin - std::min(begin, before_);
    const size_t stop = end + std::min(values_.size() - end, after_);
    rank(start, stop);
    size_t entering = start;
    for (size_t i = begin; i < end; ++i) {
      const size_t inside = i + std::min(values_.size() - 1 - i, after_);
      while (entering <= inside) window_.insert(ranks_[entering++ - start]);
      if (i > begin && i > before_) window_.remove(ranks_[i - before_ - 1 - start]);
      const size_t middle = window_.lower_median();
      const double low = value_of(sorted_[middle].key);
      out[i] = window_.is_even() ? low + (value_of(sorted_[window_.after(middle)].key) - low) / 2 : low;
    }
  }

 private:
  void rank(size_t start, size_t stop) {
    sorted_.resize(stop - start);
    for (size_t i = start; i < stop; ++i) sorted_[i - start] = {key_of(values_[i]), i - start};
    sorter_.sort(sorted_);
    ranks_.resize(sorted_.size());
    for (size_t i = 0; i < sorted_.size(); ++i) ranks_[sorted_[i].place] = i;
    window_.reset(sorted_.size());
  }

  std::span<const double> values_;
  size_t before_;
  size_t after_;
  RadixSorter sorter_;
  std::vector<Ranked> sorted_;
  std::vector<size_t> ranks_;
  RankWindow window_;
};

}  // namespace

void smooth_median(std::span<const double> y, int64_t window, double* out) {
  smooth_finite(y, out, [&](std::span<const double> values, double* smoothed) {
    constexpr size_t kShortest = 4096;
    const size_t count = values.size();
    const size_t before = std::min(static_cast<size_t>((window - 1) / 2), count);
    const size_t after = std::min(static_cast<size_t>(window / 2), count);
    const size_t length = std::max(4 * (before + after), kShortest);
    StretchSmoother smoother(values, before, after);
    for (size_t begin = 0; begin < count; begin += length) {
      smoother.smooth(begin, std::min(begin + length, count), smoothed);
    }
  });
}

}  // namespace epochal
