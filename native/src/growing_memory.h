// Raw memory that can grow, from wherever there is room for it: the heap, a mapping, a spill file, or a mapping whose
// front is a part of an index file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "column_memory.h"

namespace epochal {

class GrowingMemory {
 public:
  GrowingMemory() = default;
  // Large ones are mapped, so that room not yet written costs nothing and growing moves pages, not bytes. `is_huge`
  // asks for huge pages: for millions of events, taking memory page by page costs more than decoding them.
  explicit GrowingMemory(size_t bytes, bool is_huge = false);  // throws std::bad_alloc
  GrowingMemory(GrowingMemory&& other) noexcept { swap(other); }
  GrowingMemory& operator=(GrowingMemory&& other) noexcept {
    GrowingMemory(std::move(other)).swap(*this);
    return *this;
  }
  ~GrowingMemory();

  // Memory that begins with the `used` bytes at `source`. Of these, whole pages of the first `shared` bytes, which a
  // read-only shared mapping of a file holds, are mapped once more instead of copied, where that is worth it.
  static GrowingMemory join(const void* source, size_t shared, size_t used, size_t bytes);

  void* data() const { return data_; }
  // How many bytes at its front are a file's: what join() may be told of it.
  size_t shared_bytes() const { return kind_ == Kind::kJoined ? front_bytes_ : 0; }

  // Makes it larger, keeping the first `used` bytes; may move them.
  void grow(size_t used, size_t bytes);

 private:
  enum class Kind : uint8_t { kNone, kHeap, kMapped, kSpilled, kJoined };

  void swap(GrowingMemory& other) noexcept;
  bool grow_in_place(size_t bytes);
  bool try_join(const void* source, size_t shared, size_t used, size_t bytes, GrowingMemory* old);

  void* data_ = nullptr;
  size_t bytes_ = 0;    // all of them; whole pages unless kHeap
  size_t counted_ = 0;  // as anonymous
  size_t front_bytes_ = 0;  // of kJoined
  Kind kind_ = Kind::kNone;
  SpillPart spill_;  // of kSpilled, and the rest of kJoined unless that is anonymous
};

}  // namespace epochal
