// A bounds-checked cursor over a protobuf message. Source: protobuf.dev/programming-guides/encoding.
//
// `Bytes` gives byte(i) and copy(start, size, out): contiguous memory, or a record of which only pages that are
// looked at are read from the file (sparse_record.h). All positions count from the start of the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "bytes.h"

namespace epochal {

// The bytes are not a well-formed message.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

inline constexpr int kMaxGroupDepth = 64;
inline constexpr uint64_t kMaxFieldNumber = 0x1FFFFFFF;

struct Span {
  uint64_t start = 0;
  uint64_t size = 0;
  uint64_t end() const { return start + size; }
};

struct Field {
  uint32_t number = 0;
  uint32_t wire_type = 0;
  Span span;  // of the value; for kBytes without its length
  uint64_t varint = 0;  // the value of a kVarint
};

class ContiguousBytes {
 public:
  ContiguousBytes(const uint8_t* data, uint64_t size) : data_(data), size_(size) {}
  uint64_t size() const { return size_; }
  uint8_t byte(uint64_t at) { return data_[at]; }
  void copy(uint64_t start, uint64_t size, uint8_t* out) { std::memcpy(out, data_ + start, size); }
  const uint8_t* data() const { return data_; }

 private:
  const uint8_t* data_;
  uint64_t size_;
};

template <typename Bytes>
class WireReader {
 public:
  WireReader(Bytes& bytes, Span span) : bytes_(bytes), at_(span.start), end_(span.end()) {}

  // The next field, groups skipped; false at the end of the message. Throws WireError.
  bool next(Field& field) {
    while (at_ < end_) {
      const uint64_t key = read_key();
      field.number = static_cast<uint32_t>(key >> 3);
      field.wire_type = static_cast<uint32_t>(key & 7);
      if (field.wire_type == kStartGroup) {
        skip_group(field.number, 1);
        continue;
      }
      read_value(field);
      return true;
    }
    return false;
  }

  uint64_t read_varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ >= end_) throw WireError("varint runs past the end of the message");
      const uint8_t byte = bytes_.byte(at_++);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw WireError("varint longer than 10 bytes");
  }

  bool at_end() const { return at_ >= end_; }

 private:
  uint64_t read_key() {
    const uint64_t key = read_varint();
    if (key >> 3 == 0 || key >> 3 > kMaxFieldNumber) throw WireError("field number out of range");
    return key;
  }

  void read_value(Field& field) {
    uint64_t size = 0;
    switch (field.wire_type) {
      case kVarint:
        field.span.start = at_;
        field.varint = read_varint();
        field.span.size = at_ - field.span.start;
        return;
      case kBytes:
        size = read_varint();
        break;
      case kFixed64:
        size = 8;
        break;
      case kFixed32:
        size = 4;
        break;
      default:
        throw WireError("unexpected wire type");
    }
    if (size > end_ - at_) throw WireError("field runs past the end of the message");
    field.span = {at_, size};
    at_ += size;
  }

  void skip_group(uint32_t number, int depth) {
    if (depth > kMaxGroupDepth) throw WireError("groups nested too deeply");
    while (at_ < end_) {
      Field field;
      const uint64_t key = read_key();
      field.number = static_cast<uint32_t>(key >> 3);
      field.wire_type = static_cast<uint32_t>(key & 7);
      if (field.wire_type == kEndGroup) {
        if (field.number != number) throw WireError("group ends with another field's number");
        return;
      }
      if (field.wire_type == kStartGroup) {
        skip_group(field.number, depth + 1);
      } else {
        read_value(field);
      }
    }
    throw WireError("group without an end");
  }

  Bytes& bytes_;
  uint64_t at_;
  uint64_t end_;
};

template <typename T, typename Bytes>
T load_at(Bytes& bytes, uint64_t start) {
  uint8_t raw[sizeof(T)];
  bytes.copy(start, sizeof raw, raw);
  return load<T>(raw);
}

}  // namespace epochal
