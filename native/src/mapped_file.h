// A whole file in memory, read-only, and writing one by position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace epochal {

class MappedFile {
 public:
  // Maps what the file holds now; the descriptor may be closed afterwards. Throws std::system_error.
  explicit MappedFile(int fd);
  // A copy of these bytes, for tests.
  MappedFile(const uint8_t* data, size_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool is_mapped() const { return copy_ == nullptr; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  std::unique_ptr<uint8_t[]> copy_;
};

// Writes all bytes at `offset`. Throws std::system_error.
void write_at(int fd, uint64_t offset, const uint8_t* data, size_t size);

}  // namespace epochal
