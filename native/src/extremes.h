// Extremes of a column of values, kept for stretches of it, so that the extremes of any part are found by looking at
// few of its points. The readable twin is src/epochal/events/reference_extremes.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace epochal {

inline constexpr int64_t kNone = -1;

// What a chart must show of a stretch of values, by index, kNone without: the first smallest and first largest finite
// value, the first NaN, +Inf and -Inf.
struct Picks {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  int64_t lowest = kNone;
  int64_t highest = kNone;
  int64_t nan = kNone;
  int64_t pos_inf = kNone;
  int64_t neg_inf = kNone;

  template <typename Value>
  void take(std::span<const Value> values, int64_t begin, int64_t end);
  bool is_finite() const { return nan == kNone && pos_inf == kNone && neg_inf == kNone; }

 private:
  template <typename Value>
  void take_odd(std::span<const Value> values, int64_t begin, int64_t end);
};

template <typename Value>
void Picks::take(std::span<const Value> values, int64_t begin, int64_t end) {
  // Without branches: where the next extreme is cannot be foretold.
  Value lower = static_cast<Value>(low);
  Value higher = static_cast<Value>(high);
  Value odd = 0;  // not a number from the first infinity or NaN on
  int64_t lower_at = lowest;
  int64_t higher_at = highest;
  for (int64_t i = begin; i < end; ++i) {
    const Value value = values[static_cast<size_t>(i)];
    odd += value - value;
    lower_at = value < lower ? i : lower_at;
    lower = value < lower ? value : lower;
    higher_at = value > higher ? i : higher_at;
    higher = value > higher ? value : higher;
  }
  if (odd != 0) [[unlikely]] return take_odd(values, begin, end);
  low = lower;
  high = higher;
  lowest = lower_at;
  highest = higher_at;
}

// A pyramid over a column: level 0 has a node for each 256 values, each level above one for 64 nodes of the one below.
// It holds 1/64 of a float64 column's bytes. Immutable; all functions want the column that it was made of.
class Extremes {
 public:
  static constexpr int64_t kBlock = 256;
  static constexpr int64_t kFanOut = 64;

  enum Kind : uint32_t { kFinite = 1, kNan = 2, kPosInf = 4, kNegInf = 8, kWide = 16 };

  // The layout of serialised nodes, too: little-endian, without padding.
  struct Node {
    double low;         // +Inf without a finite value
    double high;        // -Inf without a finite value
    uint32_t low_at;    // counts from the node's first value; 0 without a finite value
    uint32_t high_at;
    uint32_t kinds;     // of values that it holds; kWide: of them, some that float32 cannot hold
    uint32_t reserved;  // 0
  };
  static_assert(sizeof(Node) == 32);

  Extremes() = default;

  // Of `values`. `previous` was made of a prefix of them (of any, if null): only what follows is looked at.
  template <typename Value>
  static Extremes make(std::span<const Value> values, const Extremes* previous = nullptr);

  int64_t size() const { return size_; }
  uint32_t kinds_of_block(int64_t block) const { return levels_[0][static_cast<size_t>(block)].kinds; }
  bool is_float32() const;  // no value loses anything as float32

  // Adds values[begin, end) to `picks`, which hold only points before `begin`.
  template <typename Value>
  void collect(std::span<const Value> values, int64_t begin, int64_t end, Picks& picks) const;

  // Levels, lowest first, one after another.
  std::vector<uint8_t> to_bytes() const;
  static size_t bytes_for(int64_t size);
  // Throws std::invalid_argument if these cannot be the nodes of a column of that size.
  static Extremes from_bytes(int64_t size, std::span<const uint8_t> bytes);

 private:
  template <typename Value>
  void merge(std::span<const Value> values, size_t level, int64_t index, Picks& picks) const;
  template <typename Value>
  int64_t descend(std::span<const Value> values, size_t level, int64_t index, uint32_t kind) const;

  int64_t size_ = 0;
  std::vector<std::vector<Node>> levels_;
};

}  // namespace epochal
