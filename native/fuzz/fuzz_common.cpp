#include "fuzz_common.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "bytes.h"
#include "encoder.h"

using namespace epochal;

namespace fuzz {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Hash {
 public:
  void add(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    for (size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001B3u;
  }
  void add(const std::string& text) { add(text.data(), text.size()); }
  void add(uint64_t number) { add(&number, sizeof number); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325u;
};

template <typename Columns, size_t... I>
void add_columns(Hash& hash, const Columns& columns, std::index_sequence<I...>) {
  (hash.add(columns.template span<I>().data(), columns.template span<I>().size_bytes()), ...);
}

// Every span lies inside its record, and that inside what was consumed.
void check_blobs(Hash& hash, const BlobColumns& blobs, uint64_t consumed) {
  add_columns(hash, blobs, std::make_index_sequence<7>());
  for (size_t i = 0; i < blobs.size(); ++i) {
    const uint64_t data = blobs.span<2>()[i] + kHeaderBytes;
    const uint64_t data_end = data + blobs.span<3>()[i];
    const uint64_t start = blobs.span<4>()[i];
    require(start >= data && start <= data_end && blobs.span<5>()[i] <= data_end - start);
    require(data_end + kFooterBytes <= consumed);
  }
}

void append(Bytes& out, std::initializer_list<int> bytes) {
  for (const int byte : bytes) out.push_back(static_cast<uint8_t>(byte));
}

void append_message(Bytes& out, int field, const Bytes& message) {
  out.push_back(static_cast<uint8_t>(field << 3 | 2));
  size_t size = message.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<uint8_t>(size | 0x80));
  out.push_back(static_cast<uint8_t>(size));
  out.insert(out.end(), message.begin(), message.end());
}

Bytes event_with(int field, const Bytes& message) {
  Bytes event;
  append(event, {0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x10, 0x07});
  append_message(event, field, message);
  return event;
}

Bytes value_event(std::initializer_list<Bytes> values) {
  Bytes summary;
  for (const Bytes& value : values) append_message(summary, 1, value);
  return event_with(5, summary);
}

Bytes value_of(const char* tag, int field, const Bytes& payload, const char* plugin = nullptr) {
  Bytes value;
  append_message(value, 1, Bytes(tag, tag + std::char_traits<char>::length(tag)));
  append_message(value, field, payload);
  if (plugin) {
    Bytes plugin_data;
    append_message(plugin_data, 1, Bytes(plugin, plugin + std::char_traits<char>::length(plugin)));
    append_message(plugin_data, 2, {1, 2});
    Bytes metadata;
    append_message(metadata, 1, plugin_data);
    append_message(metadata, 3, {'d'});
    append(metadata, {0x20, 0x01});
    append_message(value, 9, metadata);
  }
  return value;
}

Bytes take_all(RecordBuffer& buffer) {
  const RecordBuffer::Taken taken = buffer.take(UINT64_MAX);
  Bytes bytes(taken.bytes());
  taken.copy_to(bytes.data());
  return bytes;
}

}  // namespace

void repair_frames(uint8_t* data, size_t size) {
  for (size_t at = 0; size - at >= kFrameBytes;) {
    const uint64_t length = load<uint64_t>(data + at);
    store(data + at + 8, masked_crc32c(data + at, 8));
    if (length > size - at - kFrameBytes) return;
    uint8_t* payload = data + at + kHeaderBytes;
    store(payload + length, masked_crc32c(payload, static_cast<size_t>(length)));
    at += kFrameBytes + static_cast<size_t>(length);
  }
}

size_t mutate(uint8_t* data, size_t size, size_t max_size, uint32_t seed) {
  std::minstd_rand random(seed);
  const auto below = [&](size_t limit) { return limit ? static_cast<size_t>(random()) % limit : 0; };
  const size_t changes = 1 + below(4);
  for (size_t change = 0; change < changes && size > 0; ++change) {
    const size_t at = below(size);
    const size_t span = std::min(1 + below(64), size - at);
    switch (random() % 6) {
      case 0: data[at] ^= static_cast<uint8_t>(1u << below(8)); break;
      case 1: data[at] = static_cast<uint8_t>(random()); break;
      case 2: {  // cut
        std::copy(data + at + span, data + size, data + at);
        size -= span;
        break;
      }
      case 3: {  // copy a span from elsewhere over this one
        const size_t from = below(size - span + 1);
        const Bytes copied(data + from, data + from + span);
        std::copy(copied.begin(), copied.end(), data + at);
        break;
      }
      case 4: {  // insert zeros or a copy of the start
        const size_t room = std::min(span, max_size - size);
        std::copy_backward(data + at, data + size, data + size + room);
        if (random() % 2) std::fill(data + at, data + at + room, uint8_t{0});
        size += room;
        break;
      }
      default: {  // a number that lengths are tried with
        static constexpr uint64_t kNumbers[] = {0, 1, 127, 128, 65535, 65536, 65537, 0x7FFFFFFF, 0x80000000,
                                                0xFFFFFFFF, uint64_t{1} << 40, UINT64_MAX};
        const uint64_t number = kNumbers[below(std::size(kNumbers))];
        std::copy_n(reinterpret_cast<const uint8_t*>(&number), std::min<size_t>(8, size - at), data + at);
      }
    }
  }
  return size;
}

std::vector<Bytes> seed_events() {
  return {
      event_with(3, {'b', 'r', 'a', 'i', 'n', '.', 'E', 'v', 'e', 'n', 't', ':', '2'}),
      value_event({value_of("t", 8, {0x08, 0x01, 0x12, 0x00, 0x2D, 0, 0, 0x80, 0x3F}, "scalars")}),
      value_event({value_of("t", 8, {0x08, 0x02, 0x22, 8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F})}),
      value_event({value_of("h", 8, {0x08, 0x13, 0x12, 0x04, 0x12, 0x02, 0x08, 0x01, 0x6A, 0x02, 0x80, 0x78}, "scalars")}),
      value_event({value_of("i", 4, {0x08, 1, 0x10, 1, 0x18, 3, 0x22, 2, 9, 9}, "images"), value_of("s", 7, {'n'})}),
      value_event({value_of("histo", 5, {0x32, 8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}), value_of("a", 6, {0x22, 1, 1})}),
      value_event({value_of("m", 9, {0x0A, 0x03, 0x0A, 0x01, 'p'})}),
      event_with(4, Bytes(100, 0x0A)),
      event_with(7, {0x08, 0x01}),
      event_with(8, {0x0A, 1, 's', 0x12, 2, 5, 6}),
      event_with(9, {1, 2, 3}),
      {0x0B, 0x08, 0x01, 0x0C, 0x10, 0x05},  // a group
      Bytes(70, 0x0B),
      value_event({value_of("i", 4, Bytes(70000, 0x5A), "images")}),
  };
}

std::vector<Bytes> seed_files() {
  std::vector<Bytes> files;
  RecordBuffer scalars(UINT64_MAX);
  for (int i = 0; i < 12; ++i) scalars.append_scalar(i % 2 ? "loss" : "train/accuracy", i * 0.5, i, 1.7e9 + i);
  files.push_back(take_all(scalars));
  RecordBuffer every_kind(UINT64_MAX);
  for (const Bytes& event : seed_events()) {
    RecordBuffer one(UINT64_MAX);
    one.append_record(event.data(), event.size());
    one.append_scalar("t", 1, 2, 3);
    files.push_back(take_all(one));
    every_kind.append_record(event.data(), event.size());
  }
  files.push_back(take_all(every_kind));
  return files;
}

uint64_t digest(const EventDecoder& decoder) {
  Hash hash;
  hash.add(decoder.offset());
  hash.add(decoder.records());
  hash.add(decoder.file_version());
  hash.add(decoder.last_record_crc());
  hash.add(decoder.last_record_end());
  uint64_t previous = 0;
  for (const Problem& problem : decoder.problems()) {
    require(problem.offset >= previous || problem.lost_bytes == 0);
    previous = problem.offset;
    hash.add(problem.offset);
    hash.add(problem.lost_bytes);
    hash.add(problem.message);
  }
  if (decoder.tail_problem()) hash.add(decoder.tail_problem()->message);
  for (const Series& series : decoder.series()) {
    hash.add(series.tag);
    hash.add(static_cast<uint64_t>(series.kind));
    hash.add(static_cast<uint64_t>(series.dtype));
    require(series.points() > 0);
    add_columns(hash, series.scalars, std::make_index_sequence<3>());
    if (series.blobs) check_blobs(hash, *series.blobs, decoder.offset());
    if (const Metadata* metadata = decoder.metadata_of(series)) {
      hash.add(metadata->plugin_name);
      hash.add(metadata->content);
      hash.add(metadata->display_name);
      hash.add(metadata->description);
    }
  }
  add_columns(hash, decoder.session_starts(), std::make_index_sequence<3>());
  return hash.value();
}

}  // namespace fuzz
