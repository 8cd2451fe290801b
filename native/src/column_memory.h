// How much memory columns take, and the files that they take it from beyond a limit.
//
// A column that does not fit below the limit lies in an unlinked file, mapped shared: the system writes it to disk when
// memory runs short, where anonymous memory would be swapped or the process killed. The file's space is reserved when
// it is made, so that a full disk is noticed then (and anonymous memory taken) and not by a signal in the middle of a
// write. Where that is not possible (not Linux), nothing is spilled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace epochal {

inline constexpr uint64_t kColumnMemoryLimit = uint64_t{64} << 20;

struct ColumnMemory {
  uint64_t anonymous_bytes;
  uint64_t spilled_bytes;
};

// From now on, for the whole process. An empty `spill_dir`: never spill.
void set_column_memory(uint64_t limit_bytes, std::string spill_dir);

// What columns take now, room for growth included; blocks below kCountedBytes are not counted.
ColumnMemory column_memory();

inline constexpr size_t kCountedBytes = 4096;

// Counts anonymous memory that is about to be taken; false, and nothing counted, if it goes beyond the limit.
bool count_within_limit(size_t bytes);
void count_anonymous(size_t bytes);
void uncount_anonymous(size_t bytes);

class SpillChunk;

// Memory in a spill file, given back when it is destroyed.
class SpillPart {
 public:
  SpillPart() = default;
  SpillPart(std::shared_ptr<SpillChunk> chunk, void* data, size_t bytes);
  SpillPart(SpillPart&& other) noexcept { swap(other); }
  SpillPart& operator=(SpillPart&& other) noexcept {
    SpillPart(std::move(other)).swap(*this);
    return *this;
  }
  ~SpillPart();

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  void swap(SpillPart& other) noexcept {
    chunk_.swap(other.chunk_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }

  std::shared_ptr<SpillChunk> chunk_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// A part of `bytes`; without memory if there is no directory to spill to, or no room in it.
SpillPart take_spill(size_t bytes);

// The same at a fixed page-aligned address inside a region that the caller reserved and will unmap.
SpillPart take_spill_at(void* address, size_t bytes);

// Grows by one in every process made by fork. Memory in files is then shared with the parent: what was made in another
// generation is to be read, but neither written nor given back.
uint64_t fork_generation();

}  // namespace epochal
