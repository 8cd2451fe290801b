// The bytes of an index file; in words: docs/formats/index.md. Everything is little-endian.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bytes.h"

namespace epochal {

// The bytes are not an index file that can be used; why, in a few words.
class BadIndex : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr char kIndexMagic[8] = {'E', 'P', 'O', 'C', 'H', 'A', 'L', 'X'};
inline constexpr uint32_t kIndexVersion = 1;

// The fixed part at the start of the file. `crc` is the CRC-32C of all bytes from `file_bytes` to the table's end.
struct IndexHeader {
  char magic[8];
  uint32_t version;
  uint32_t crc;
  uint64_t file_bytes;
  uint64_t table_bytes;  // of this header and the sections behind it: meta, names, series, state
  uint64_t meta_bytes;
  uint64_t names_bytes;
  uint64_t series;
  uint64_t session_starts;
  uint64_t offset;
  uint64_t records;
  uint64_t last_record_end;
  uint64_t failed_bytes;
  double first_wall_time;
  double last_wall_time;
  uint32_t last_record_crc;
  uint32_t flags;
  uint8_t tags_digest[16];
};
static_assert(sizeof(IndexHeader) == 136);
inline constexpr size_t kIndexCrcFrom = offsetof(IndexHeader, file_bytes);

enum IndexFlags : uint32_t { kHasWallTime = 1, kVerifiesPayloads = 2, kInDamage = 4, kHasTailProblem = 8 };
inline constexpr uint32_t kKnownIndexFlags = 15;

// An entry of the section `series`.
struct IndexSeries {
  uint64_t points;
  uint64_t summary_bytes;
  uint32_t columns_crc;
  uint32_t summary_crc;
};
static_assert(sizeof(IndexSeries) == 24);

inline constexpr uint64_t kScalarWidths[] = {8, 8, 8};
inline constexpr uint64_t kBlobWidths[] = {8, 8, 8, 8, 8, 8, 4};
inline constexpr uint64_t kSessionBytes = 24;  // step, wall_time, record_offset; column by column

// Where a column or summary of `bytes` starts that comes next after `at`.
inline constexpr uint64_t kIndexPageBytes = 4096;
inline constexpr uint64_t kIndexPagedBytes = uint64_t{256} << 10;

inline uint64_t align_column(uint64_t at, uint64_t bytes) {
  const uint64_t alignment = bytes >= kIndexPagedBytes ? kIndexPageBytes : 64;
  return (at + alignment - 1) / alignment * alignment;
}

// Appends numbers and texts to a section.
class TableWriter {
 public:
  template <typename T>
  void add(T number) {
    uint8_t raw[sizeof number];
    store(raw, number);
    bytes_.append(reinterpret_cast<const char*>(raw), sizeof raw);
  }
  void add_text(std::string_view text) {
    add(static_cast<uint32_t>(text.size()));
    bytes_.append(text);
  }
  void add_bytes(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads them; nothing is trusted. Throws BadIndex.
class TableReader {
 public:
  TableReader(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  template <typename T>
  T take() {
    return load<T>(take_bytes(sizeof(T)));
  }
  std::string_view take_text() {
    const uint32_t size = take<uint32_t>();
    return {reinterpret_cast<const char*>(take_bytes(size)), size};
  }
  const uint8_t* take_bytes(uint64_t size) {
    if (size > left_) throw BadIndex("its table is cut short");
    const uint8_t* const at = data_;
    data_ += size;
    left_ -= static_cast<size_t>(size);
    return at;
  }
  size_t left() const { return left_; }

 private:
  const uint8_t* data_;
  size_t left_;
};

}  // namespace epochal
