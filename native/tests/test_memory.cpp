// Columns in every kind of memory: heap, mapped, spilled, and behind the pages of a file.
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "blake2b.h"
#include "check.h"
#include "column_memory.h"
#include "series_builder.h"

#ifdef _WIN32
#include <io.h>
#define fileno _fileno
#endif

using namespace epochal;

namespace {

using TestColumns = Columns<int64_t, double, double>;

int64_t step_at(size_t i) { return static_cast<int64_t>(i * 7); }
double value_at(size_t i) { return static_cast<double>(i) / 3; }

void append(TestColumns& columns, size_t count) {
  for (size_t left = count; left > 0; --left) {
    const size_t i = columns.size();
    columns.append(step_at(i), static_cast<double>(i), value_at(i));
  }
}

struct Moment {
  ColumnView<int64_t> step;
  ColumnView<double> value;

  explicit Moment(const TestColumns& columns) : step(columns.view<0>()), value(columns.view<2>()) {}

  bool is_true() const {
    for (size_t i = 0; i < step.size; ++i) {
      if (step.data[i] != step_at(i) || value.data[i] != value_at(i)) return false;
    }
    return step.size == value.size;
  }
};

// The columns of a file, page by page, as an index has them; nothing where there are no temporary files.
std::shared_ptr<const MappedFile> map_columns(size_t points, std::vector<const uint8_t*>& data) {
  TestColumns columns;
  append(columns, points);
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) return nullptr;
  std::vector<uint64_t> starts;
  uint64_t at = 4096;
  columns.for_each_view([&](auto view) {
    starts.push_back(at);
    write_at(fileno(file), at, reinterpret_cast<const uint8_t*>(view.data), view.size * 8);
    at = (at + view.size * 8 + 4095) / 4096 * 4096;
  });
  auto mapped = std::make_shared<const MappedFile>(fileno(file));
  std::fclose(file);
  for (const uint64_t start : starts) data.push_back(mapped->data() + start);
  return mapped;
}

void grow_at_random(TestColumns columns, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Moment> moments;
  for (int round = 0; round < 60; ++round) {
    if (random() % 3 == 0) moments.emplace_back(columns);
    if (random() % 4 == 0 && !moments.empty()) moments.erase(moments.begin() + random() % moments.size());
    append(columns, random() % 4000 + 1);
    if (random() % 20 == 0) columns.give_up_room();
  }
  CHECK(Moment(columns).is_true());
  columns = TestColumns();
  for (const Moment& moment : moments) CHECK(moment.is_true());
}

void check_all_memory(uint64_t limit, const char* spill_dir) {
  set_column_memory(limit, spill_dir);
  for (uint32_t seed = 0; seed < 4; ++seed) grow_at_random(TestColumns(), seed);
  for (const size_t points : {1u, 500u, 32767u, 32768u, 32769u, 100000u}) {
    std::vector<const uint8_t*> data;
    const auto mapped = map_columns(points, data);
    if (!mapped) continue;
    TestColumns columns;
    columns.adopt(mapped, data.data(), points);
    grow_at_random(std::move(columns), static_cast<uint32_t>(points));
  }
  set_column_memory(kColumnMemoryLimit, "");
}

}  // namespace

TEST(columns_grow_in_anonymous_memory) {
  const uint64_t before = column_memory().anonymous_bytes;
  check_all_memory(kColumnMemoryLimit, "");
  CHECK_EQ(column_memory().anonymous_bytes, before);
  CHECK_EQ(column_memory().spilled_bytes, 0u);
}

TEST(columns_grow_in_spill_files) {
  const ColumnMemory before = column_memory();
  for (const uint64_t limit : {uint64_t{0}, uint64_t{300000}, uint64_t{1} << 20}) check_all_memory(limit, "/tmp");
  CHECK_EQ(column_memory().anonymous_bytes, before.anonymous_bytes);
  CHECK_EQ(column_memory().spilled_bytes, 0u);
}

TEST(columns_grow_where_nothing_can_be_spilled) {
  const uint64_t before = column_memory().anonymous_bytes;
  check_all_memory(0, "/nowhere/at/all");
  CHECK_EQ(column_memory().anonymous_bytes, before);
}

TEST(blake2b_is_that_of_the_rfc) {
  const auto hex = [](const std::string& text) {
    std::string out;
    for (const uint8_t byte : blake2b_128(reinterpret_cast<const uint8_t*>(text.data()), text.size())) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", byte);
      out += digits;
    }
    return out;
  };
  // hashlib.blake2b(text, digest_size=16).hexdigest()
  CHECK_EQ(hex(""), "cae66941d9efbd404e4d88758ea67670");
  CHECK_EQ(hex("abc"), "cf4ab791c62b8d2b2109c90275287816");
  CHECK_EQ(hex(std::string(128, 'x')), "874acca82a22239ec64a3e70c3ae494e");
  CHECK_EQ(hex(std::string(129, 'x')), "b9ee96f69e8210c624fee55d71d5a54f");
  CHECK_EQ(hex(std::string(1000, 'x')), "c9b2bd4ff487864c29fb41fab3e8187e");
}
