// A large record's data, of which only the pages that are looked at are read from the file.
#pragma once

#include <algorithm>
#include <cstdint>

#include "byte_source.h"
#include "crc32c.h"
#include "wire_reader.h"

namespace epochal {

class SparseRecord {
 public:
  // `start` is the file offset of the record's data.
  SparseRecord(ByteSource& source, uint64_t start, uint64_t size) : source_(source), start_(start), size_(size) {}

  uint64_t size() const { return size_; }

  uint8_t byte(uint64_t at) {
    if (at - page_start_ >= page_size_) {  // also when at < page_start_: the difference wraps
      page_start_ = at;
      page_size_ = std::min<uint64_t>(sizeof page_, size_ - at);
      read(at, page_size_, page_);
    }
    return page_[at - page_start_];
  }

  // Whether all of it has this masked CRC. Reads it all, except where more is claimed than `most_bytes`: no.
  bool has_crc(uint32_t masked, uint64_t most_bytes) {
    if (size_ > most_bytes) return false;
    uint8_t piece[32768];
    uint32_t crc = ~0u;
    for (uint64_t at = 0; at < size_;) {
      const uint64_t size = std::min<uint64_t>(sizeof piece, size_ - at);
      read(at, size, piece);
      crc = crc32c_ops().extend(crc, piece, static_cast<size_t>(size));
      at += size;
    }
    return mask_crc(~crc) == masked;
  }

  uint64_t stored_bytes() const { return source_.stored_bytes(); }

  void copy(uint64_t start, uint64_t size, uint8_t* out) {
    if (start >= page_start_ && start + size <= page_start_ + page_size_) {
      std::memcpy(out, page_ + (start - page_start_), size);
    } else {
      read(start, size, out);
    }
  }

 private:
  void read(uint64_t at, uint64_t size, uint8_t* out) {
    if (source_.read(start_ + at, out, size) != size) throw WireError("the file shrank");
  }

  ByteSource& source_;
  uint64_t start_;
  uint64_t size_;
  uint64_t page_start_ = 0;
  uint64_t page_size_ = 0;
  uint8_t page_[4096];
};

}  // namespace epochal
