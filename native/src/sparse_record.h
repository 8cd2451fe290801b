// A large record's data, of which only the pages that are looked at are read from the file.
#pragma once

#include <algorithm>
#include <cstdint>

#include "byte_source.h"
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
