#include "series_builder.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace epochal {
namespace {

// From here on a block is mapped by itself: the C library may serve such sizes from memory it has touched.
constexpr size_t kMappedBytes = size_t{256} << 10;

#ifdef __linux__
constexpr bool kCanMap = true;

void* map_bytes(size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return data;
}

void* remap_bytes(void* data, size_t old_bytes, size_t bytes) {
  void* moved = ::mremap(data, old_bytes, bytes, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) throw std::bad_alloc();
  return moved;
}

void unmap_bytes(void* data, size_t bytes) { ::munmap(data, bytes); }
#else
constexpr bool kCanMap = false;

void* map_bytes(size_t) { throw std::bad_alloc(); }
void* remap_bytes(void*, size_t, size_t) { throw std::bad_alloc(); }
void unmap_bytes(void*, size_t) {}
#endif

}  // namespace

Block::Block(size_t bytes) : bytes_(bytes), mapped_(kCanMap && bytes >= kMappedBytes) {
  data_ = mapped_ ? map_bytes(bytes) : std::malloc(bytes);
  if (data_ == nullptr) throw std::bad_alloc();
}

Block::~Block() {
  if (mapped_) {
    unmap_bytes(data_, bytes_);
  } else {
    std::free(data_);
  }
}

void Block::resize(size_t bytes) {
  const bool map = kCanMap && bytes >= kMappedBytes;
  if (mapped_ && map) {
    data_ = remap_bytes(data_, bytes_, bytes);
  } else if (mapped_ || map) {
    Block other(bytes);
    std::memcpy(other.data_, data_, std::min(bytes, bytes_));
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(mapped_, other.mapped_);
    return;
  } else {
    void* moved = std::realloc(data_, bytes);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = moved;
  }
  bytes_ = bytes;
}

void regrow_block(std::shared_ptr<Block>& block, size_t used, size_t bytes) {
  if (bytes == 0) {
    block.reset();
  } else if (block && block.use_count() == 1) {
    // The last view may have been dropped by another thread just now: its reads come before our writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    block->resize(bytes);
  } else {
    auto fresh = std::make_shared<Block>(bytes);
    if (used > 0) std::memcpy(fresh->data(), block->data(), std::min(used, bytes));
    block = std::move(fresh);
  }
}

}  // namespace epochal
