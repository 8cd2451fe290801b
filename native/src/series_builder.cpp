#include "series_builder.h"

#include <atomic>
#include <cstring>
#include <new>

namespace epochal {

void* Arena::take(size_t bytes) {
  const size_t start = (taken_ + kAlignment - 1) / kAlignment * kAlignment;
  if (start > bytes_ || bytes > bytes_ - start) return nullptr;
  taken_ = start + bytes;
  return static_cast<uint8_t*>(memory_.data()) + start;
}

Block::Block(std::shared_ptr<const MappedFile> file, const uint8_t* data, size_t bytes)
    : data_(const_cast<uint8_t*>(data)), shared_bytes_(file->is_mapped() ? bytes : 0) {
  owner_ = std::move(file);
}

void Block::grow(size_t used, size_t bytes) {
  if (owner_) {
    memory_ = copy(used, bytes);
    owner_.reset();
    shared_bytes_ = 0;
  } else {
    memory_.grow(used, bytes);
  }
  data_ = memory_.data();
}

GrowingMemory Block::copy(size_t used, size_t bytes) const {
  return GrowingMemory::join(data_, owner_ ? shared_bytes_ : memory_.shared_bytes(), used, bytes);
}

void resize_block(std::shared_ptr<Block>& block, size_t used, size_t bytes) {
  if (!block) {
    block = std::make_shared<Block>(GrowingMemory(bytes));
  } else if (block.use_count() == 1) {
    // The last view may have been dropped by another thread just now: its reads come before our writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    block->grow(used, bytes);
  } else {
    block = std::make_shared<Block>(block->copy(used, bytes));
  }
}

void move_block(std::shared_ptr<Block>& block, size_t used, const std::shared_ptr<Arena>& arena, size_t bytes) {
  void* const data = arena->take(bytes);
  if (data == nullptr) throw std::bad_alloc();
  if (used > 0) std::memcpy(data, block->data(), used);
  block = std::make_shared<Block>(arena, data);
}

}  // namespace epochal
