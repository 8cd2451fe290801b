#include "extremes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace epochal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kMostLevels = 5;  // offsets in nodes are 32 bits

constexpr int64_t span_of_level(size_t level) {
  int64_t span = Extremes::kBlock;
  for (size_t i = 0; i < level; ++i) span *= Extremes::kFanOut;
  return span;
}

constexpr int64_t nodes_at(size_t level, int64_t size) {
  const int64_t span = span_of_level(level);
  return size / span + (size % span != 0);
}

size_t levels_for(int64_t size) {
  if (size == 0) return 0;
  size_t levels = 1;
  while (levels < kMostLevels && nodes_at(levels - 1, size) > Extremes::kFanOut) ++levels;
  return levels;
}

template <typename Value>
bool fits_float32(Value value) {
  return static_cast<Value>(static_cast<float>(value)) == value;
}

uint32_t kind_of(double value) {
  if (std::isfinite(value)) return Extremes::kFinite;
  return std::isnan(value) ? Extremes::kNan : value > 0 ? Extremes::kPosInf : Extremes::kNegInf;
}

// Looks at values[begin, end), which lie in the node's stretch behind those that it knows; `start` is its first.
template <typename Value>
void extend_node(Extremes::Node& node, std::span<const Value> values, int64_t start, int64_t begin, int64_t end) {
  constexpr int64_t kLanes = 4;
  Value low[kLanes], high[kLanes], odd[kLanes] = {};
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    low[lane] = std::numeric_limits<Value>::infinity();
    high[lane] = -std::numeric_limits<Value>::infinity();
  }
  bool wide = false;
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) {
    const Value* const four = values.data() + i;
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      low[lane] = four[lane] < low[lane] ? four[lane] : low[lane];
      high[lane] = four[lane] > high[lane] ? four[lane] : high[lane];
      odd[lane] += four[lane] - four[lane];  // not a number from the first infinity or NaN on
    }
    if constexpr (sizeof(Value) > sizeof(float)) {
      for (int64_t lane = 0; lane < kLanes; ++lane) wide |= !fits_float32(four[lane]);
    }
  }
  for (; i < end; ++i) {
    const Value value = values[static_cast<size_t>(i)];
    low[0] = value < low[0] ? value : low[0];
    high[0] = value > high[0] ? value : high[0];
    odd[0] += value - value;
    wide |= !fits_float32(value);
  }
  if (begin == end) return;
  if (odd[0] + odd[1] + odd[2] + odd[3] == 0) {
    const Value lowest = *std::min_element(low, low + kLanes);
    const Value highest = *std::max_element(high, high + kLanes);
    const auto find = [&](Value wanted) {
      int64_t at = begin;
      while (values[static_cast<size_t>(at)] != wanted) ++at;
      return static_cast<uint32_t>(at - start);
    };
    if (lowest < node.low) node.low_at = find(lowest), node.low = values[static_cast<size_t>(start + node.low_at)];
    if (highest > node.high) node.high_at = find(highest), node.high = values[static_cast<size_t>(start + node.high_at)];
    node.kinds |= Extremes::kFinite | (wide ? Extremes::kWide : 0u);
    return;
  }
  for (i = begin; i < end; ++i) {
    const Value value = values[static_cast<size_t>(i)];
    const uint32_t kind = kind_of(value);
    node.kinds |= kind;
    if (kind != Extremes::kFinite) continue;
    if (!fits_float32(value)) node.kinds |= Extremes::kWide;
    if (value < node.low) node.low = value, node.low_at = static_cast<uint32_t>(i - start);
    if (value > node.high) node.high = value, node.high_at = static_cast<uint32_t>(i - start);
  }
}

constexpr Extremes::Node kEmptyNode = {kInfinity, -kInfinity, 0, 0, 0, 0};

Extremes::Node join(std::span<const Extremes::Node> children, int64_t child_span) {
  Extremes::Node node = kEmptyNode;
  for (size_t i = 0; i < children.size(); ++i) {
    const Extremes::Node& child = children[i];
    const auto offset = static_cast<uint32_t>(static_cast<int64_t>(i) * child_span);
    node.kinds |= child.kinds;
    if (child.low < node.low) node.low = child.low, node.low_at = offset + child.low_at;
    if (child.high > node.high) node.high = child.high, node.high_at = offset + child.high_at;
  }
  return node;
}

}  // namespace

template <typename Value>
void Picks::take_odd(std::span<const Value> values, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const Value value = values[static_cast<size_t>(i)];
    if (std::isfinite(value)) {
      if (value < low) {
        low = value;
        lowest = i;
      }
      if (value > high) {
        high = value;
        highest = i;
      }
    } else {
      int64_t& first = std::isnan(value) ? nan : value > 0 ? pos_inf : neg_inf;
      if (first == kNone) first = i;
    }
  }
}

template <typename Value>
Extremes Extremes::make(std::span<const Value> values, const Extremes* previous) {
  Extremes made;
  if (previous != nullptr) made = *previous;
  const int64_t known = made.size_;
  const auto size = static_cast<int64_t>(values.size());
  if (known > size) throw std::invalid_argument("the previous extremes are those of a longer column");
  if (known == size) return made;
  made.size_ = size;
  made.levels_.resize(levels_for(size));
  for (size_t level = 0; level < made.levels_.size(); ++level) {
    std::vector<Node>& nodes = made.levels_[level];
    const bool is_new = nodes.empty();
    const int64_t span = span_of_level(level);
    nodes.resize(static_cast<size_t>(nodes_at(level, size)), kEmptyNode);
    // The node in which the known values end may be incomplete; a level that did not exist is made from its start.
    for (int64_t at = is_new ? 0 : known / span; at < static_cast<int64_t>(nodes.size()); ++at) {
      const int64_t start = at * span;
      if (level == 0) {
        extend_node(nodes[static_cast<size_t>(at)], values, start, std::max(start, known), std::min(start + span, size));
      } else {
        const std::span<const Node> below = made.levels_[level - 1];
        const auto first = static_cast<size_t>(at * kFanOut);
        nodes[static_cast<size_t>(at)] =
            join(below.subspan(first, std::min<size_t>(kFanOut, below.size() - first)), span / kFanOut);
      }
    }
  }
  return made;
}

bool Extremes::is_float32() const {
  if (levels_.empty()) return true;
  return std::none_of(levels_.back().begin(), levels_.back().end(), [](const Node& node) { return node.kinds & kWide; });
}

template <typename Value>
void Extremes::collect(std::span<const Value> values, int64_t begin, int64_t end, Picks& picks) const {
  int64_t at = begin;
  while (at < end) {
    const int64_t block_end = std::min((at / kBlock + 1) * kBlock, size_);
    if (at % kBlock != 0 || block_end > end) {
      picks.take(values, at, std::min(block_end, end));
      at = block_end;
      continue;
    }
    size_t level = 0;
    while (level + 1 < levels_.size() && at % span_of_level(level + 1) == 0 &&
           std::min(at + span_of_level(level + 1), size_) <= end) {
      ++level;
    }
    merge(values, level, at / span_of_level(level), picks);
    at += span_of_level(level);
  }
}

template <typename Value>
void Extremes::merge(std::span<const Value> values, size_t level, int64_t index, Picks& picks) const {
  const Node& node = levels_[level][static_cast<size_t>(index)];
  const int64_t start = index * span_of_level(level);
  if (node.low < picks.low) picks.low = node.low, picks.lowest = start + node.low_at;
  if (node.high > picks.high) picks.high = node.high, picks.highest = start + node.high_at;
  if ((node.kinds & (kNan | kPosInf | kNegInf)) == 0) [[likely]] return;
  if (node.kinds & kNan && picks.nan == kNone) picks.nan = descend(values, level, index, kNan);
  if (node.kinds & kPosInf && picks.pos_inf == kNone) picks.pos_inf = descend(values, level, index, kPosInf);
  if (node.kinds & kNegInf && picks.neg_inf == kNone) picks.neg_inf = descend(values, level, index, kNegInf);
}

// The first value of a kind in a node that holds one; kNone if the nodes are not this column's.
template <typename Value>
int64_t Extremes::descend(std::span<const Value> values, size_t level, int64_t index, uint32_t kind) const {
  for (; level > 0; --level) {
    const std::vector<Node>& below = levels_[level - 1];
    const auto end = std::min<int64_t>((index + 1) * kFanOut, static_cast<int64_t>(below.size()));
    index *= kFanOut;
    while (index < end && (below[static_cast<size_t>(index)].kinds & kind) == 0) ++index;
    if (index == end) return kNone;
  }
  for (int64_t i = index * kBlock; i < std::min((index + 1) * kBlock, size_); ++i) {
    if (kind_of(values[static_cast<size_t>(i)]) == kind) return i;
  }
  return kNone;
}

size_t Extremes::bytes_for(int64_t size) {
  size_t nodes = 0;
  for (size_t level = 0; level < levels_for(size); ++level) nodes += static_cast<size_t>(nodes_at(level, size));
  return nodes * sizeof(Node);
}

std::vector<uint8_t> Extremes::to_bytes() const {
  static_assert(std::endian::native == std::endian::little, "columns in memory are those on disk");
  std::vector<uint8_t> bytes(bytes_for(size_));
  size_t at = 0;
  for (const std::vector<Node>& nodes : levels_) {
    std::memcpy(bytes.data() + at, nodes.data(), nodes.size() * sizeof(Node));
    at += nodes.size() * sizeof(Node);
  }
  return bytes;
}

Extremes Extremes::from_bytes(int64_t size, std::span<const uint8_t> bytes) {
  if (size < 0 || bytes.size() != bytes_for(size)) throw std::invalid_argument("not the extremes of that many values");
  Extremes made;
  made.size_ = size;
  made.levels_.resize(levels_for(size));
  size_t at = 0;
  for (size_t level = 0; level < made.levels_.size(); ++level) {
    std::vector<Node>& nodes = made.levels_[level];
    nodes.resize(static_cast<size_t>(nodes_at(level, size)));
    std::memcpy(nodes.data(), bytes.data() + at, nodes.size() * sizeof(Node));
    at += nodes.size() * sizeof(Node);
    const int64_t span = span_of_level(level);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const int64_t length = std::min(span, size - static_cast<int64_t>(i) * span);
      if (nodes[i].low_at >= length || nodes[i].high_at >= length) {
        throw std::invalid_argument("extremes outside of their stretch");
      }
    }
  }
  return made;
}

template void Picks::take_odd(std::span<const double>, int64_t, int64_t);
template void Picks::take_odd(std::span<const float>, int64_t, int64_t);
template Extremes Extremes::make(std::span<const double>, const Extremes*);
template Extremes Extremes::make(std::span<const float>, const Extremes*);
template void Extremes::collect(std::span<const double>, int64_t, int64_t, Picks&) const;
template void Extremes::collect(std::span<const float>, int64_t, int64_t, Picks&) const;

}  // namespace epochal
