// Reduction by extremes against the same without them, and summaries that grow; sizes around the edges of blocks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "check.h"
#include "downsample.h"
#include "series_summary.h"
#include "smoothing.h"

using namespace epochal;

namespace {

struct Columns {
  std::vector<int64_t> step;
  std::vector<double> wall_time;
  std::vector<double> value;
};

Columns make_columns(size_t size, uint32_t seed, double odd) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Columns made;
  int64_t step = -50;
  for (size_t i = 0; i < size; ++i) {
    step += static_cast<int64_t>(random() % 3);
    made.step.push_back(step);
    made.wall_time.push_back(1e9 + static_cast<double>(i));
    const double kind = uniform(random);
    made.value.push_back(kind >= odd          ? std::round(uniform(random) * 100)
                         : kind < odd * 0.5   ? std::nan("")
                         : kind < odd * 0.75  ? std::numeric_limits<double>::infinity()
                                              : -std::numeric_limits<double>::infinity());
  }
  return made;
}

SeriesSummary summarise(const Columns& columns, size_t size, const SeriesSummary* previous = nullptr) {
  return SeriesSummary::make(std::span(columns.step).first(size), std::span(columns.wall_time).first(size),
                             std::span(columns.value).first(size), previous);
}

constexpr size_t kSizes[] = {0, 1, 255, 256, 257, 511, 513, 16383, 16384, 16385, 40000};

}  // namespace

TEST(extremes_change_no_reduction) {
  for (const size_t size : kSizes) {
    const Columns columns = make_columns(size, static_cast<uint32_t>(size), 0.01);
    const SeriesSummary summary = summarise(columns, size);
    std::vector<float> smoothed(columns.value.begin(), columns.value.end());
    const Extremes extremes = Extremes::make(std::span<const float>(smoothed));
    const Axis axes[] = {StepAxis{columns.step}, TimeAxis{columns.wall_time, 1e9}};
    for (const Axis& axis : axes) {
      for (const double width : {0.5, 3.0, 700.0, 20000.0, 1e6}) {
        const std::vector<Heights> plain = {{std::span<const double>(columns.value)}, {std::span<const float>(smoothed)}};
        const std::vector<Heights> known = {{std::span<const double>(columns.value), &summary.extremes},
                                            {std::span<const float>(smoothed), &extremes}};
        CHECK(m4_indices(axis, plain, -10, width, 64) == m4_indices(axis, known, -10, width, 64));
        CHECK(find_bounds(plain[0], 0, static_cast<int64_t>(size)) == find_bounds(known[0], 0, static_cast<int64_t>(size)));
      }
    }
  }
}

TEST(summaries_grow_and_survive_their_bytes) {
  const Columns columns = make_columns(40000, 7, 0.01);
  SeriesSummary grown;
  for (const size_t size : kSizes) {
    grown = summarise(columns, size, &grown);
    const std::vector<uint8_t> bytes = summarise(columns, size).to_bytes();
    CHECK(grown.to_bytes() == bytes);
    CHECK(SeriesSummary::from_bytes(bytes).to_bytes() == bytes);
    for (size_t cut = 0; cut < std::min<size_t>(bytes.size(), 100); ++cut) {
      bool refused = false;
      try {
        SeriesSummary::from_bytes(std::span(bytes).first(cut));
      } catch (const std::invalid_argument&) {
        refused = true;
      }
      CHECK(refused);
    }
  }
}

TEST(medians_are_those_of_their_windows) {
  for (const int64_t window : {1, 2, 9, 10, 700, 100000}) {
    const Columns columns = make_columns(5000, static_cast<uint32_t>(window), 0);
    std::vector<double> found(columns.value.size());
    smooth_median(columns.value, window, found.data());
    for (size_t i = 0; i < found.size(); i += 97) {
      const size_t first = i - std::min(i, static_cast<size_t>((window - 1) / 2));
      const size_t last = std::min(found.size(), i + static_cast<size_t>(window / 2) + 1);
      std::vector<double> inside(columns.value.begin() + static_cast<ptrdiff_t>(first),
                                 columns.value.begin() + static_cast<ptrdiff_t>(last));
      std::sort(inside.begin(), inside.end());
      const size_t middle = (inside.size() - 1) / 2;
      const double expected = inside.size() % 2 ? inside[middle] : (inside[middle] + inside[middle + 1]) / 2;
      CHECK(found[i] == expected);
    }
  }
}
