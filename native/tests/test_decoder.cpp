// The decoder at the edges that its Python tests cannot reach: windows, memory, every instruction set.
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "encoder.h"
#include "event_decoder.h"

using namespace epochal;

namespace {

std::vector<uint8_t> take_all(RecordBuffer& buffer) {
  const RecordBuffer::Taken taken = buffer.take(UINT64_MAX);
  std::vector<uint8_t> bytes(taken.bytes());
  taken.copy_to(bytes.data());
  return bytes;
}

// Gives at most a few bytes more than the last time it was asked, as a file that is being written does.
class GrowingSource final : public ByteSource {
 public:
  GrowingSource(const std::vector<uint8_t>& bytes, size_t end) : bytes_(bytes) { end_ = end; }

  size_t read(uint64_t offset, uint8_t* out, size_t size) override {
    if (offset >= end_) return 0;
    size = std::min(size, static_cast<size_t>(end_ - offset));
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), size, out);
    return size;
  }

 private:
  const std::vector<uint8_t>& bytes_;
};

// Says that it has more than it gives: the file shrank after it was opened.
class ShrunkSource final : public ByteSource {
 public:
  ShrunkSource(const std::vector<uint8_t>& bytes, size_t size) : bytes_(bytes), size_(size) { end_ = bytes.size(); }

  size_t read(uint64_t offset, uint8_t* out, size_t size) override {
    if (offset >= size_) return 0;
    size = std::min(size, static_cast<size_t>(size_ - offset));
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), size, out);
    return size;
  }

 private:
  const std::vector<uint8_t>& bytes_;
  size_t size_;
};

// Scalars and records around every size that a window treats in its own way.
std::vector<uint8_t> make_file() {
  RecordBuffer buffer(UINT64_MAX);
  const size_t sizes[] = {10, 65535, 65536, 65537, 262143, 262144, 262145, 300000, 1 << 20};
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 200; ++i) buffer.append_scalar("tag" + std::to_string(i % 5), i, i, round);
    std::vector<uint8_t> event = {0x22, 0x80, 0x80, 0x80, 0x00};  // graph_def of `size` bytes
    const size_t size = sizes[round % 9];
    event[1] = static_cast<uint8_t>(0x80 | (size & 0x7F));
    event[2] = static_cast<uint8_t>(0x80 | (size >> 7 & 0x7F));
    event[3] = static_cast<uint8_t>(0x80 | (size >> 14 & 0x7F));
    event.resize(event.size() + size, 0x5A);
    buffer.append_record(event.data(), event.size());
  }
  return take_all(buffer);
}

void check_complete(const EventDecoder& decoder, size_t file_bytes) {
  CHECK_EQ(decoder.records(), 40u * 201u);
  CHECK_EQ(decoder.offset(), file_bytes);
  CHECK(decoder.problems().empty());
  CHECK_EQ(decoder.series().size(), 6u);
  for (const Series& series : decoder.series()) CHECK_EQ(series.points(), series.is_scalar ? 1600u : 40u);
}

}  // namespace

TEST(records_of_every_size_cross_windows) {
  const std::vector<uint8_t> bytes = make_file();
  EventDecoder decoder;
  MemorySource source(bytes.data(), bytes.size(), 0);
  CHECK_EQ(decoder.decode(source, UINT64_MAX), 40u * 201u);
  check_complete(decoder, bytes.size());
  EventDecoder verifying({0, UINT64_MAX});
  verifying.decode(source, UINT64_MAX);
  check_complete(verifying, bytes.size());
}

TEST(growing_by_any_amount) {
  const std::vector<uint8_t> bytes = make_file();
  std::mt19937 random(5);
  EventDecoder decoder;
  for (size_t end = 0; end < bytes.size();) {
    end = std::min(bytes.size(), end + random() % 100000);
    GrowingSource source(bytes, end);
    while (decoder.decode(source, random() % 5000) > 0) {
    }
  }
  GrowingSource source(bytes, bytes.size());
  decoder.decode(source, UINT64_MAX);
  check_complete(decoder, bytes.size());
}

TEST(a_file_that_shrinks_under_the_reader) {
  const std::vector<uint8_t> bytes = make_file();
  for (size_t size = 0; size < bytes.size(); size += bytes.size() / 97) {
    EventDecoder decoder;
    ShrunkSource shrunk(bytes, size);
    decoder.decode(shrunk, UINT64_MAX);
    CHECK(decoder.records() <= 40u * 201u);
  }
}

TEST(views_outlive_growth_and_the_decoder) {
  ScalarColumns columns;
  std::vector<ColumnView<double>> views;
  for (int i = 0; i < 200000; ++i) {
    columns.append(i, i * 0.5, i * 2.0);
    if (i % 9973 == 0) views.push_back(columns.view<2>());
    if (i == 3000 && columns.has_slack()) {
      columns.move_to(std::make_shared<Arena>(ScalarColumns::arena_bytes(columns.size())), columns.size());
    }
    if (i == 120000) columns.move_to(std::make_shared<Arena>(ScalarColumns::arena_bytes(130000)), 130000);
  }
  columns = ScalarColumns();
  for (const ColumnView<double>& view : views) {
    for (size_t i = 0; i < view.size; i += 101) CHECK_EQ(view.data[i], static_cast<double>(i) * 2.0);
  }
}

TEST(an_arena_gives_no_more_than_it_has) {
  Arena arena(1000);
  size_t given = 0;
  while (arena.take(100)) given += 100;
  CHECK_EQ(given, 800u);  // 100 bytes take 128 each
  CHECK(arena.take(SIZE_MAX) == nullptr);
}

TEST(buffer_takes_whole_frames_in_order) {
  RecordBuffer buffer(1 << 20);
  uint8_t data[3000] = {};
  for (uint8_t i = 0; i < 200; ++i) {
    data[0] = i;
    CHECK(buffer.append_record(data, i * 15u + 1));
  }
  std::vector<uint8_t> all;
  while (buffer.pending().records > 0) {
    const RecordBuffer::Taken taken = buffer.take(4000);
    const size_t start = all.size();
    all.resize(start + taken.bytes());
    taken.copy_to(all.data() + start);
  }
  FrameRef frames[256];
  CHECK_EQ(crc32c_ops().verify_frames(all.data(), all.size(), UINT32_MAX, frames, 256), 200u);
  for (uint32_t i = 0; i < 200; ++i) CHECK_EQ(all[frames[i].offset + kHeaderBytes], i);
  CHECK(!buffer.append_record(data, 2 << 20));
  CHECK_EQ(buffer.dropped(), 1u);
}
