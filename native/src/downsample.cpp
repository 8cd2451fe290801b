#include "downsample.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace epochal {
namespace {

template <typename Value>
struct Column {
  std::span<const Value> values;
  const Extremes* extremes;  // null if not known
};

// Calls work(column) with the column's own type.
template <typename Work>
auto with_column(const Heights& heights, Work work) {
  return std::visit(
      [&](const auto& values) {
        using Value = std::remove_cvref_t<decltype(values[0])>;
        return work(Column<Value>{values, heights.extremes});
      },
      heights.values);
}

// The extremes of values[begin, end), by way of those that are known.
template <typename Value>
Picks collect(const Column<Value>& column, int64_t begin, int64_t end) {
  Picks picks;
  if (column.extremes != nullptr && end - begin > Extremes::kBlock) {
    column.extremes->collect(column.values, begin, end, picks);
  } else {
    picks.take(column.values, begin, end);
  }
  return picks;
}

// Indices in ascending order, each once; as many as a bucket of two columns can have.
class SortedIndices {
 public:
  void insert(int64_t index) {
    if (index == kNone) return;
    size_t place = size_;
    while (place > 0 && items_[place - 1] > index) --place;
    if (place > 0 && items_[place - 1] == index) return;
    std::copy_backward(items_ + place, items_ + size_, items_ + size_ + 1);
    items_[place] = index;
    ++size_;
  }
  const int64_t* begin() const { return items_; }
  const int64_t* end() const { return items_ + size_; }

 private:
  int64_t items_[2 + 5 * kMostColumns];
  size_t size_ = 0;
};

template <typename... Columns>
void append_bucket(std::vector<int64_t>& out, int64_t begin, int64_t end, const Columns&... columns) {
  const int64_t last = end - 1;
  if (end - begin <= 2) {
    out.push_back(begin);
    if (last != begin) out.push_back(last);
    return;
  }
  const Picks all[] = {collect(columns, begin, end)...};
  if constexpr (sizeof...(columns) == 1) {
    if (all[0].is_finite()) [[likely]] {
      // There is a lowest and a highest, and only these two may be out of order.
      const auto [earlier, later] = std::minmax(all[0].lowest, all[0].highest);
      out.push_back(begin);
      if (earlier != begin) out.push_back(earlier);
      if (later != earlier) out.push_back(later);
      if (last != later) out.push_back(last);
      return;
    }
  }
  SortedIndices chosen;
  chosen.insert(begin);
  for (const Picks& picks : all) {
    for (const int64_t index : {picks.lowest, picks.highest, picks.nan, picks.pos_inf, picks.neg_inf}) {
      chosen.insert(index);
    }
  }
  chosen.insert(last);
  out.insert(out.end(), chosen.begin(), chosen.end());
}

// The first index in [from, size) for which `is_behind` holds, which then holds for all further ones; `size` if none.
// Looks near `guess` first.
template <typename IsBehind>
int64_t search(int64_t from, int64_t size, int64_t guess, IsBehind is_behind) {
  int64_t low = from;   // everything before it is not behind
  int64_t high = size;  // it and everything after it is
  int64_t stride = 1;
  guess = std::clamp(guess, from, size);
  if (guess < size && !is_behind(guess)) {
    for (low = guess + 1; low + stride < size; stride *= 4) {
      if (is_behind(low + stride)) {
        high = low + stride;
        break;
      }
      low += stride + 1;
    }
  } else {
    for (high = guess; high - stride >= from; stride *= 4) {
      if (!is_behind(high - stride)) {
        low = high - stride + 1;
        break;
      }
      high -= stride;
    }
  }
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (is_behind(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

template <typename Positions, typename... Columns>
std::vector<int64_t> find_m4(const Positions& x, double lo, double width, int64_t buckets, const Columns&... columns) {
  // Up to here, looking at the next point is quicker than searching for the bucket's end.
  constexpr int64_t kNear = 32;
  std::vector<int64_t> out;
  const int64_t size = x.size();
  const double limit = static_cast<double>(buckets);
  // A point is often asked for its bucket twice: whether it is in this one, then which one it begins.
  int64_t known = kNone;
  double known_bucket = 0;
  const auto bucket_of = [&](int64_t i) {
    if (i != known) {
      known = i;
      known_bucket = std::floor((x[i] - lo) / width);
    }
    return known_bucket;
  };
  int64_t at = search(0, size, 0, [&](int64_t i) { return bucket_of(i) >= 0; });
  if (at > 0) out.push_back(at - 1);
  int64_t length = 0;  // of the bucket before
  while (at < size) {
    const double bucket = bucket_of(at);
    if (!(bucket < limit)) {
      out.push_back(at);
      break;
    }
    // Away from the bucket's edge by more than rounding can move it, a comparison stands for the division.
    const double edge = lo + (bucket + 1) * width;
    const double margin = 1e-12 * (std::abs(edge) + std::abs(lo));
    const double surely_inside = edge - margin;
    const double surely_behind = edge + margin;
    const auto is_inside = [&](int64_t i) {
      return x[i] < surely_inside || (!(x[i] > surely_behind) && bucket_of(i) == bucket);
    };
    int64_t end = at + length;  // steps are often even
    if (length == 0 || end >= size || is_inside(end) || !is_inside(end - 1)) {
      end = at + 1;
      const int64_t near = std::min(at + kNear, size);
      while (end < near && is_inside(end)) ++end;
      if (end == near && end < size) end = search(end, size, at + length, [&](int64_t i) { return !is_inside(i); });
    }
    append_bucket(out, at, end, columns...);
    length = end - at;
    at = end;
  }
  return out;
}

}  // namespace

std::pair<int64_t, int64_t> find_range(const Axis& axis, double lo, double hi) {
  return std::visit(
      [&](const auto& x) {
        const int64_t first = search(0, x.size(), 0, [&](int64_t i) { return x[i] >= lo; });
        return std::pair(first, search(first, x.size(), x.size(), [&](int64_t i) { return x[i] > hi; }));
      },
      axis);
}

std::optional<std::pair<double, double>> find_bounds(const Heights& heights, int64_t first, int64_t last) {
  const Picks picks = with_column(heights, [&](const auto& column) { return collect(column, first, last); });
  if (picks.lowest == kNone) return std::nullopt;
  return std::pair(picks.low, picks.high);
}

std::vector<int64_t> m4_indices(const Axis& axis, std::span<const Heights> columns, double lo, double width,
                                int64_t buckets) {
  return std::visit(
      [&](const auto& x) {
        return with_column(columns[0], [&](const auto& one) {
          if (columns.size() == 1) return find_m4(x, lo, width, buckets, one);
          return with_column(columns[1],
                             [&](const auto& other) { return find_m4(x, lo, width, buckets, one, other); });
        });
      },
      axis);
}

}  // namespace epochal
