#include "series_summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace epochal {
namespace {

constexpr uint32_t kMagic = 0x31535045;  // "EPS1"
constexpr uint32_t kWallTimeAscends = 1;
constexpr uint32_t kHasNonfinite = 2;

// The beginning of a serialised summary, little-endian; the extremes' nodes follow.
struct Header {
  uint32_t magic;
  uint32_t flags;
  int64_t points;
  int64_t nan;
  int64_t pos_inf;
  int64_t neg_inf;
  int64_t first_nonfinite_step;  // 0 without
  double first_wall_time;
  uint64_t reserved;  // 0
};
static_assert(sizeof(Header) == 64);

void look_at_times(SeriesFacts& facts, std::span<const double> wall_time, size_t known) {
  if (std::isnan(facts.first_wall_time)) {
    const auto finite = std::find_if(wall_time.begin() + static_cast<ptrdiff_t>(known), wall_time.end(),
                                     [](double time) { return std::isfinite(time); });
    if (finite != wall_time.end()) facts.first_wall_time = *finite;
  }
  if (known == 0 && !wall_time.empty() && std::isnan(wall_time[0])) facts.wall_time_ascends = false;
  bool ascends = facts.wall_time_ascends;
  for (size_t i = std::max<size_t>(known, 1); i < wall_time.size(); ++i) ascends &= wall_time[i] >= wall_time[i - 1];
  facts.wall_time_ascends = ascends;
}

void count_nonfinite(SeriesFacts& facts, std::span<const int64_t> step, std::span<const double> value,
                     const Extremes& extremes, int64_t known) {
  constexpr uint32_t kOdd = Extremes::kNan | Extremes::kPosInf | Extremes::kNegInf;
  for (int64_t block = known / Extremes::kBlock; block * Extremes::kBlock < extremes.size(); ++block) {
    if ((extremes.kinds_of_block(block) & kOdd) == 0) [[likely]] continue;
    const int64_t end = std::min((block + 1) * Extremes::kBlock, extremes.size());
    for (int64_t i = std::max(block * Extremes::kBlock, known); i < end; ++i) {
      const double each = value[static_cast<size_t>(i)];
      if (std::isfinite(each)) continue;
      ++(std::isnan(each) ? facts.nan : each > 0 ? facts.pos_inf : facts.neg_inf);
      if (!facts.first_nonfinite_step) facts.first_nonfinite_step = step[static_cast<size_t>(i)];
    }
  }
}

}  // namespace

SeriesFacts::SeriesFacts() : first_wall_time(std::numeric_limits<double>::quiet_NaN()) {}

SeriesSummary SeriesSummary::make(std::span<const int64_t> step, std::span<const double> wall_time,
                                  std::span<const double> value, const SeriesSummary* previous) {
  SeriesSummary made;
  int64_t known = 0;
  if (previous != nullptr) {
    made.facts = previous->facts;
    known = previous->extremes.size();
  }
  made.extremes = Extremes::make(value, previous != nullptr ? &previous->extremes : nullptr);
  look_at_times(made.facts, wall_time, static_cast<size_t>(known));
  count_nonfinite(made.facts, step, value, made.extremes, known);
  return made;
}

size_t SeriesSummary::to_bytes_size() const { return sizeof(Header) + Extremes::bytes_for(extremes.size()); }

std::vector<uint8_t> SeriesSummary::to_bytes() const {
  Header header{};
  header.magic = kMagic;
  header.flags = (facts.wall_time_ascends ? kWallTimeAscends : 0) | (facts.first_nonfinite_step ? kHasNonfinite : 0);
  header.points = extremes.size();
  header.nan = facts.nan;
  header.pos_inf = facts.pos_inf;
  header.neg_inf = facts.neg_inf;
  header.first_nonfinite_step = facts.first_nonfinite_step.value_or(0);
  header.first_wall_time = facts.first_wall_time;
  std::vector<uint8_t> bytes(sizeof(Header));
  std::memcpy(bytes.data(), &header, sizeof(Header));
  const std::vector<uint8_t> nodes = extremes.to_bytes();
  bytes.insert(bytes.end(), nodes.begin(), nodes.end());
  return bytes;
}

SeriesSummary SeriesSummary::from_bytes(std::span<const uint8_t> bytes) {
  Header header{};
  if (bytes.size() < sizeof(Header)) throw std::invalid_argument("not a series summary");
  std::memcpy(&header, bytes.data(), sizeof(Header));
  if (header.magic != kMagic) throw std::invalid_argument("not a series summary");
  SeriesSummary made;
  made.facts.nan = header.nan;
  made.facts.pos_inf = header.pos_inf;
  made.facts.neg_inf = header.neg_inf;
  if (header.flags & kHasNonfinite) made.facts.first_nonfinite_step = header.first_nonfinite_step;
  made.facts.first_wall_time = header.first_wall_time;
  made.facts.wall_time_ascends = (header.flags & kWallTimeAscends) != 0;
  made.extremes = Extremes::from_bytes(header.points, bytes.subspan(sizeof(Header)));
  return made;
}

}  // namespace epochal
