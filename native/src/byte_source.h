// Where a decoder's bytes come from: a file read by position, or memory that stands for one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace epochal {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Reads up to `size` bytes at the absolute `offset`; fewer only at the end. Throws std::system_error.
  virtual size_t read(uint64_t offset, uint8_t* out, size_t size) = 0;

  // The first offset at or after this one that is not in a hole of a sparse file.
  virtual uint64_t next_data(uint64_t offset) { return offset; }

  // The file's length when the source was made.
  uint64_t end() const { return end_; }
  // How much of that is on the disk: a sparse file may be long and hold little.
  uint64_t stored_bytes() const { return stored_bytes_; }

 protected:
  uint64_t end_ = 0;
  uint64_t stored_bytes_ = 0;
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(int fd);  // throws std::system_error
  size_t read(uint64_t offset, uint8_t* out, size_t size) override;
  uint64_t next_data(uint64_t offset) override;  // moves the descriptor's position

 private:
  int fd_;
};

class MemorySource final : public ByteSource {
 public:
  // `data` are the file's bytes from `base` on; they must outlive the source.
  MemorySource(const uint8_t* data, size_t size, uint64_t base) : data_(data), base_(base) {
    end_ = stored_bytes_ = base + size;
  }
  size_t read(uint64_t offset, uint8_t* out, size_t size) override;

 private:
  const uint8_t* data_;
  uint64_t base_;
};

}  // namespace epochal
