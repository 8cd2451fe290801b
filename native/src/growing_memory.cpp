#include "growing_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace epochal {
namespace {

// From here on memory is mapped by itself: the C library may serve such sizes from memory it has touched.
constexpr size_t kMappedBytes = size_t{256} << 10;
constexpr size_t kPageBytes = 4096;
constexpr size_t kHugePageBytes = size_t{2} << 20;
// A process may have 65,530 mappings by default, and each joined one takes three.
constexpr int kMaxJoined = 8192;
std::atomic<int> joined_count{0};

size_t round_up(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }
size_t counted(size_t bytes) { return bytes >= kCountedBytes ? bytes : 0; }

#ifdef __linux__
constexpr bool kCanMap = true;

void* map_bytes(void* address, size_t bytes, int protection) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (address ? MAP_FIXED : 0);
  void* const data = ::mmap(address, bytes, protection, flags, -1, 0);
  return data == MAP_FAILED ? nullptr : data;
}

void* map_plain(size_t bytes) { return map_bytes(nullptr, bytes, PROT_READ | PROT_WRITE); }

// A mapping that starts at a huge page's boundary; its end, less than a huge page, is in small ones.
void* map_huge(size_t bytes) {
  auto* const start = static_cast<uint8_t*>(map_plain(bytes + kHugePageBytes));
  if (start == nullptr) return nullptr;
  const size_t skip = (kHugePageBytes - reinterpret_cast<uintptr_t>(start) % kHugePageBytes) % kHugePageBytes;
  if (skip > 0) ::munmap(start, skip);
  if (skip < kHugePageBytes) ::munmap(start + skip + bytes, kHugePageBytes - skip);
  ::madvise(start + skip, bytes, MADV_HUGEPAGE);  // a wish; small pages do too
  return start + skip;
}

// Takes a file's pages all at once, which costs half of taking them one by one.
void populate(void* data, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  const uintptr_t start = reinterpret_cast<uintptr_t>(data) / kPageBytes * kPageBytes;
  ::madvise(reinterpret_cast<void*>(start), reinterpret_cast<uintptr_t>(data) + bytes - start, MADV_POPULATE_WRITE);
#else
  (void)data;
  (void)bytes;
#endif
}

void* remap_bytes(void* data, size_t old_bytes, size_t bytes) {
  void* const moved = ::mremap(data, old_bytes, bytes, MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? nullptr : moved;
}

void unmap_bytes(void* data, size_t bytes) { ::munmap(data, bytes); }
#else
constexpr bool kCanMap = false;

void* map_plain(size_t) { return nullptr; }
void* map_huge(size_t) { return nullptr; }
void populate(void*, size_t) {}
void* remap_bytes(void*, size_t, size_t) { return nullptr; }
void unmap_bytes(void*, size_t) {}
#endif

}  // namespace

GrowingMemory::GrowingMemory(size_t bytes, bool is_huge) {
  const bool is_mapped = kCanMap && bytes >= kMappedBytes;
  bytes_ = is_mapped ? round_up(bytes) : bytes;
  if (!count_within_limit(counted(bytes_))) {
    spill_ = take_spill(bytes_);
    if (spill_) {
      kind_ = Kind::kSpilled;
      data_ = spill_.data();
      if (is_huge) populate(data_, bytes_);
      return;
    }
    count_anonymous(counted(bytes_));
  }
  counted_ = counted(bytes_);
  if (is_mapped) {
    data_ = is_huge && bytes >= kHugePageBytes ? map_huge(bytes_) : map_plain(bytes_);
  } else {
    data_ = std::malloc(bytes_);
  }
  if (data_ == nullptr) {
    uncount_anonymous(counted_);
    throw std::bad_alloc();
  }
  kind_ = is_mapped ? Kind::kMapped : Kind::kHeap;
}

GrowingMemory::~GrowingMemory() {
  uncount_anonymous(counted_);
  if (kind_ == Kind::kHeap) std::free(data_);
  if (kind_ == Kind::kMapped || kind_ == Kind::kJoined) unmap_bytes(data_, bytes_);
  if (kind_ == Kind::kJoined) --joined_count;
}

void GrowingMemory::swap(GrowingMemory& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(counted_, other.counted_);
  std::swap(front_bytes_, other.front_bytes_);
  std::swap(kind_, other.kind_);
  std::swap(spill_, other.spill_);
}

GrowingMemory GrowingMemory::join(const void* source, size_t shared, size_t used, size_t bytes) {
  GrowingMemory joined;
  if (joined.try_join(source, shared, used, bytes, nullptr)) return joined;
  GrowingMemory copy(bytes);
  if (used > 0) std::memcpy(copy.data_, source, used);
  return copy;
}

void GrowingMemory::grow(size_t used, size_t bytes) {
  if (kind_ == Kind::kJoined) {
    GrowingMemory joined;
    if (joined.try_join(data_, front_bytes_, used, bytes, this)) {
      swap(joined);
      return;
    }
  } else if (grow_in_place(bytes)) {
    return;
  }
  GrowingMemory other(bytes);
  if (used > 0) std::memcpy(other.data_, data_, used);
  swap(other);
}

// Without copying, if it is anonymous memory and may have more of that.
bool GrowingMemory::grow_in_place(size_t bytes) {
  if (kind_ != Kind::kHeap && kind_ != Kind::kMapped) return false;
  if (kind_ == Kind::kHeap && kCanMap && bytes >= kMappedBytes) return false;
  const size_t new_bytes = kind_ == Kind::kMapped ? round_up(bytes) : bytes;
  const size_t more = counted(new_bytes) - counted_;
  if (!count_within_limit(more)) return false;
  void* const moved =
      kind_ == Kind::kMapped ? remap_bytes(data_, bytes_, new_bytes) : std::realloc(data_, new_bytes);
  if (moved == nullptr) {
    uncount_anonymous(more);
    throw std::bad_alloc();
  }
  data_ = moved;
  bytes_ = new_bytes;
  counted_ += more;
  return true;
}

#ifdef __linux__

// Becomes a region whose front is mapped from where `source` is; what follows in it comes from `old`, which `source` is
// then the memory of, without a copy if it can. False, and nothing changed, if the front is not worth it or fails.
bool GrowingMemory::try_join(const void* source, size_t shared, size_t used, size_t bytes, GrowingMemory* old) {
  static const bool has_small_pages = ::sysconf(_SC_PAGESIZE) == static_cast<long>(kPageBytes);
  const size_t front = std::min(shared, used) / kPageBytes * kPageBytes;
  if (!has_small_pages || front < kMappedBytes - kPageBytes) return false;
  if (reinterpret_cast<uintptr_t>(source) % kPageBytes != 0 || joined_count >= kMaxJoined) return false;
  const size_t total = round_up(bytes);
  const size_t rest = total - front;
  auto* const region = static_cast<uint8_t*>(map_bytes(nullptr, total, PROT_NONE));
  if (region == nullptr) return false;
  // An old size of 0 maps the same pages of a shared mapping once more.
  if (::mremap(const_cast<void*>(source), 0, front, MREMAP_MAYMOVE | MREMAP_FIXED, region) != region) {
    ::munmap(region, total);
    return false;
  }
  data_ = region;
  bytes_ = total;
  front_bytes_ = front;
  kind_ = Kind::kJoined;
  ++joined_count;
  const size_t old_rest = old ? old->bytes_ - old->front_bytes_ : 0;
  if (old != nullptr && !old->spill_ && old->front_bytes_ == front && count_within_limit(rest - old_rest)) {
    uint8_t* const tail = static_cast<uint8_t*>(old->data_) + front;
    counted_ = rest - old_rest;
    if (::mremap(tail, old_rest, rest, MREMAP_MAYMOVE | MREMAP_FIXED, region + front) == region + front) {
      counted_ += std::exchange(old->counted_, 0);
      old->bytes_ = front;  // the rest of its region is no longer its own
      return true;
    }
    uncount_anonymous(std::exchange(counted_, 0));
  }
  if (!count_within_limit(rest)) {
    spill_ = take_spill_at(region + front, rest);
    if (!spill_) count_anonymous(rest);
  }
  if (!spill_) {
    counted_ = rest;
    if (map_bytes(region + front, rest, PROT_READ | PROT_WRITE) == nullptr) throw std::bad_alloc();
  }
  if (used > front) std::memcpy(region + front, static_cast<const uint8_t*>(source) + front, used - front);
  return true;
}

#else

bool GrowingMemory::try_join(const void*, size_t, size_t, size_t, GrowingMemory*) { return false; }

#endif

}  // namespace epochal
