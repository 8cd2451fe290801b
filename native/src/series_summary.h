// What a chart asks of all of a series' points, whatever part of it is drawn: found in one pass, kept, extended by
// what is appended. The readable twin is src/epochal/events/reference_summary.py.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "extremes.h"

namespace epochal {

struct SeriesFacts {
  int64_t nan = 0;
  int64_t pos_inf = 0;
  int64_t neg_inf = 0;
  std::optional<int64_t> first_nonfinite_step;
  double first_wall_time;         // the first finite one; NaN without
  bool wall_time_ascends = true;  // never falls and is never NaN

  SeriesFacts();
};

struct SeriesSummary {
  SeriesFacts facts;
  Extremes extremes;  // of the values

  // The columns have one length. `previous`, if any, is that of a prefix of them: only what follows is read.
  static SeriesSummary make(std::span<const int64_t> step, std::span<const double> wall_time,
                            std::span<const double> value, const SeriesSummary* previous = nullptr);

  std::vector<uint8_t> to_bytes() const;
  size_t to_bytes_size() const;
  static SeriesSummary from_bytes(std::span<const uint8_t> bytes);  // throws std::invalid_argument
};

}  // namespace epochal
