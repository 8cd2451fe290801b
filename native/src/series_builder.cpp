#include "series_builder.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "mapped_file.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace epochal {
namespace {

// From here on a block is mapped by itself: the C library may serve such sizes from memory it has touched.
constexpr size_t kMappedBytes = size_t{256} << 10;

constexpr size_t kPageBytes = 4096;
constexpr size_t kHugePageBytes = size_t{2} << 20;

#ifdef __linux__
constexpr bool kCanMap = true;

void* map_bytes(size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return data;
}

void* remap_bytes(void* data, size_t old_bytes, size_t bytes) {
  void* moved = ::mremap(data, old_bytes, bytes, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) throw std::bad_alloc();
  return moved;
}

void unmap_bytes(void* data, size_t bytes) { ::munmap(data, bytes); }

// A mapping that starts at a huge page's boundary; its end, less than a huge page, is in small ones.
void* map_huge(size_t bytes) {
  auto* const start = static_cast<uint8_t*>(map_bytes(bytes + kHugePageBytes));
  const size_t skip = (kHugePageBytes - reinterpret_cast<uintptr_t>(start) % kHugePageBytes) % kHugePageBytes;
  if (skip > 0) ::munmap(start, skip);
  if (skip < kHugePageBytes) ::munmap(start + skip + bytes, kHugePageBytes - skip);
  ::madvise(start + skip, bytes, MADV_HUGEPAGE);  // a wish; small pages do too
  return start + skip;
}
#else
constexpr bool kCanMap = false;

void* map_bytes(size_t) { throw std::bad_alloc(); }
void* remap_bytes(void*, size_t, size_t) { throw std::bad_alloc(); }

void unmap_bytes(void*, size_t) {}
void* map_huge(size_t) { throw std::bad_alloc(); }
#endif

}  // namespace

Arena::Arena(size_t bytes) : bytes_(bytes), mapped_(kCanMap && bytes >= kHugePageBytes) {
  if (mapped_) bytes_ = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  data_ = static_cast<uint8_t*>(mapped_ ? map_huge(bytes_) : std::malloc(bytes_));
  if (data_ == nullptr) throw std::bad_alloc();
}

Arena::~Arena() {
  if (mapped_) {
    unmap_bytes(data_, bytes_);
  } else {
    std::free(data_);
  }
}

void* Arena::take(size_t bytes) {
  const size_t start = (taken_ + kAlignment - 1) / kAlignment * kAlignment;
  if (start > bytes_ || bytes > bytes_ - start) return nullptr;
  taken_ = start + bytes;
  return data_ + start;
}

Block::Block(size_t bytes) : bytes_(bytes), kind_(kCanMap && bytes >= kMappedBytes ? Kind::kMapped : Kind::kHeap) {
  data_ = kind_ == Kind::kMapped ? map_bytes(bytes) : std::malloc(bytes);
  if (data_ == nullptr) throw std::bad_alloc();
}

Block::Block(std::shared_ptr<Arena> arena, void* data, size_t bytes)
    : data_(data), bytes_(bytes), kind_(Kind::kPart), arena_(std::move(arena)) {}

Block::Block(std::shared_ptr<const MappedFile> file, const uint8_t* data, size_t bytes)
    : data_(const_cast<uint8_t*>(data)), bytes_(bytes), kind_(Kind::kFile), file_(std::move(file)) {}

Block::~Block() {
  if (kind_ == Kind::kMapped) unmap_bytes(data_, bytes_);
  if (kind_ == Kind::kHeap) std::free(data_);
}

void Block::resize(size_t bytes) {
  const Kind kind = kCanMap && bytes >= kMappedBytes ? Kind::kMapped : Kind::kHeap;
  if (kind != kind_) {
    Block other(bytes);
    std::memcpy(other.data_, data_, std::min(bytes, bytes_));
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(kind_, other.kind_);
    arena_.swap(other.arena_);
    file_.swap(other.file_);
    return;
  }
  void* const moved = kind == Kind::kMapped ? remap_bytes(data_, bytes_, bytes) : std::realloc(data_, bytes);
  if (moved == nullptr) throw std::bad_alloc();
  data_ = moved;
  bytes_ = bytes;
}

void resize_block(std::shared_ptr<Block>& block, size_t used, size_t bytes) {
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

void move_block(std::shared_ptr<Block>& block, size_t used, const std::shared_ptr<Arena>& arena, size_t bytes) {
  void* const data = arena->take(bytes);
  if (data == nullptr) throw std::bad_alloc();
  if (used > 0) std::memcpy(data, block->data(), used);
  block = std::make_shared<Block>(arena, data, bytes);
}

}  // namespace epochal
