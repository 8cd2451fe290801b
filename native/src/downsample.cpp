#include "downsample.h"

#include <algorithm>
#include <cmath>

namespace epochal {
namespace {

constexpr int64_t kNone = -1;

// The points of one bucket that a chart must show.
struct Picks {
  int64_t first;
  int64_t last;
  int64_t lowest = kNone;
  int64_t highest = kNone;
  int64_t nan = kNone;
  int64_t pos_inf = kNone;
  int64_t neg_inf = kNone;

  void append_to(std::vector<int64_t>& out) const {
    if (nan == kNone && pos_inf == kNone && neg_inf == kNone) [[likely]] {
      // All values are finite, so there is a lowest and a highest, and only these two may be out of order.
      const auto [earlier, later] = std::minmax(lowest, highest);
      out.push_back(first);
      if (earlier != first) out.push_back(earlier);
      if (later != earlier) out.push_back(later);
      if (last != later) out.push_back(last);
      return;
    }
    int64_t all[] = {first, last, lowest, highest, nan, pos_inf, neg_inf};
    std::sort(std::begin(all), std::end(all));
    int64_t previous = kNone;
    for (const int64_t index : all) {
      if (index != previous) out.push_back(index);
      previous = index;
    }
  }
};

Picks pick(std::span<const double> y, int64_t begin, int64_t end) {
  Picks picks{begin, end - 1};
  double low = INFINITY;
  double high = -INFINITY;
  for (int64_t i = begin; i < end; ++i) {
    const double value = y[static_cast<size_t>(i)];
    if (std::isfinite(value)) [[likely]] {
      if (value < low) {
        low = value;
        picks.lowest = i;
      }
      if (value > high) {
        high = value;
        picks.highest = i;
      }
    } else {
      int64_t& first = std::isnan(value) ? picks.nan : value > 0 ? picks.pos_inf : picks.neg_inf;
      if (first == kNone) first = i;
    }
  }
  return picks;
}

}  // namespace

std::vector<int64_t> m4_indices(std::span<const double> x, std::span<const double> y, double lo, double width,
                                int64_t buckets) {
  std::vector<int64_t> out;
  const int64_t size = static_cast<int64_t>(x.size());
  const double limit = static_cast<double>(buckets);
  const auto bucket_of = [&](int64_t i) { return std::floor((x[static_cast<size_t>(i)] - lo) / width); };
  // x ascends, so the points left of the range come first.
  int64_t begin = 0;
  for (int64_t left = size; left > 0;) {
    const int64_t half = left / 2;
    if (bucket_of(begin + half) < 0) {
      begin += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  if (begin > 0) out.push_back(begin - 1);
  int64_t at = begin;
  while (at < size) {
    const double bucket = bucket_of(at);
    if (bucket >= limit) {
      out.push_back(at);
      break;
    }
    int64_t end = at + 1;
    // Left of the bucket's edge by more than rounding can move it, a comparison stands for the division.
    const double edge = lo + (bucket + 1) * width;
    const double surely_inside = edge - 1e-12 * (std::abs(edge) + std::abs(lo));
    while (end < size && (x[static_cast<size_t>(end)] < surely_inside || bucket_of(end) == bucket)) ++end;
    if (!std::isnan(bucket)) pick(y, at, end).append_to(out);
    at = end;
  }
  return out;
}

void smooth_exponential(std::span<const double> y, double weight, double* out) {
  const bool constant = std::all_of(y.begin(), y.end(), [&](double value) { return value == y[0]; });
  double last = 0;
  double power = 1;  // weight to the number of points so far
  for (size_t i = 0; i < y.size(); ++i) {
    const double value = y[i];
    if (constant || !std::isfinite(value)) {
      out[i] = value;
      continue;
    }
    last = last * weight + (1 - weight) * value;
    power *= weight;
    out[i] = last / (weight == 1 ? 1 : 1 - power);
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
