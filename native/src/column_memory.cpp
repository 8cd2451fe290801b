#include "column_memory.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#ifdef __linux__
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#endif

namespace epochal {
namespace {

std::atomic<uint64_t> limit_bytes{UINT64_MAX};  // without a directory there is no limit
std::atomic<uint64_t> anonymous_bytes{0};
std::atomic<uint64_t> spilled_bytes{0};
std::atomic<uint64_t> generation{0};

}  // namespace

ColumnMemory column_memory() { return {anonymous_bytes.load(), spilled_bytes.load()}; }

bool count_within_limit(size_t bytes) {
  uint64_t before = anonymous_bytes.load();
  do {
    const uint64_t limit = limit_bytes.load();
    if (limit != UINT64_MAX && before + bytes > limit) return false;
  } while (!anonymous_bytes.compare_exchange_weak(before, before + bytes));
  return true;
}

void count_anonymous(size_t bytes) { anonymous_bytes += bytes; }
void uncount_anonymous(size_t bytes) { anonymous_bytes -= bytes; }
uint64_t fork_generation() { return generation.load(); }

#ifdef __linux__

namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kChunkBytes = size_t{32} << 20;
constexpr size_t kOwnChunkBytes = size_t{4} << 20;  // from here on a part has a file of its own
constexpr size_t kHoleBytes = size_t{64} << 10;     // from here on freed memory is given back at once
constexpr std::chrono::seconds kRetryAfter{1};

size_t round_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

// A file without a name; -1 if none can be made.
int open_spill_file(const std::string& dir) {
  const int fd = ::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string path = dir + "/spill-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

// Maps `bytes` of a new file, whose space is reserved, at `address` (anywhere if null); null if that fails.
void* map_spill_file(const std::string& dir, void* address, size_t bytes) {
  const int fd = open_spill_file(dir);
  if (fd < 0) return nullptr;
  // Never more than half of what is free: others need the disk too.
  struct statvfs space;
  void* data = MAP_FAILED;
  if (::fstatvfs(fd, &space) == 0 && bytes <= uint64_t{space.f_bavail} * space.f_frsize / 2 &&
      ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)) == 0) {
    data = ::mmap(address, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (address ? MAP_FIXED : 0), fd, 0);
  }
  ::close(fd);
  return data == MAP_FAILED ? nullptr : data;
}

}  // namespace

class SpillChunk {
 public:
  // `is_owner`: whether it unmaps the memory.
  SpillChunk(void* data, size_t bytes, bool is_owner)
      : data_(static_cast<uint8_t*>(data)), bytes_(bytes), is_owner_(is_owner), generation_(fork_generation()) {}
  ~SpillChunk() {
    if (is_owner_) ::munmap(data_, bytes_);
  }
  SpillChunk(const SpillChunk&) = delete;
  SpillChunk& operator=(const SpillChunk&) = delete;

  void* take(size_t bytes) {
    const size_t start = round_up(taken_, bytes >= kHoleBytes ? kPageBytes : 64);
    if (start > bytes_ || bytes > bytes_ - start) return nullptr;
    taken_ = start + bytes;
    return data_ + start;
  }

  // Gives the pages that lie wholly inside back to the disk.
  void punch(void* data, size_t bytes) {
    if (bytes < kHoleBytes || bytes >= kOwnChunkBytes || generation_ != fork_generation()) return;
    const size_t start = round_up(static_cast<size_t>(static_cast<uint8_t*>(data) - data_), kPageBytes);
    const size_t end = (static_cast<size_t>(static_cast<uint8_t*>(data) - data_) + bytes) / kPageBytes * kPageBytes;
    if (end > start) ::madvise(data_ + start, end - start, MADV_REMOVE);
  }

 private:
  uint8_t* data_;
  size_t bytes_;
  size_t taken_ = 0;
  bool is_owner_;
  uint64_t generation_;
};

namespace {

// Never destroyed: arrays that Python holds may outlive the static objects.
struct Spill {
  std::mutex mutex;
  std::string dir;
  std::shared_ptr<SpillChunk> chunk;  // that small parts are taken from
  std::chrono::steady_clock::time_point next_try{};

  Spill() {
    ::pthread_atfork([] { get().mutex.lock(); }, [] { get().mutex.unlock(); },
                     [] {
                       ++generation;
                       get().chunk.reset();  // the parent goes on taking parts of it
                       get().mutex.unlock();
                     });
  }

  static Spill& get() {
    static Spill* const spill = new Spill;
    return *spill;
  }

  bool can_try() const { return !dir.empty() && std::chrono::steady_clock::now() >= next_try; }

  std::shared_ptr<SpillChunk> make_chunk(void* address, size_t bytes) {
    void* const data = map_spill_file(dir, address, bytes);
    if (data == nullptr) {
      next_try = std::chrono::steady_clock::now() + kRetryAfter;
      return nullptr;
    }
    return std::make_shared<SpillChunk>(data, bytes, address == nullptr);
  }
};

}  // namespace

void set_column_memory(uint64_t limit, std::string spill_dir) {
  Spill& spill = Spill::get();
  const std::lock_guard lock(spill.mutex);
  limit_bytes = spill_dir.empty() ? UINT64_MAX : limit;
  spill.dir = std::move(spill_dir);
  spill.chunk.reset();
  spill.next_try = {};
}

SpillPart take_spill(size_t bytes) {
  Spill& spill = Spill::get();
  const std::lock_guard lock(spill.mutex);
  if (!spill.can_try()) return {};
  if (bytes >= kOwnChunkBytes) {
    const size_t rounded = round_up(bytes, kPageBytes);
    std::shared_ptr<SpillChunk> chunk = spill.make_chunk(nullptr, rounded);
    if (!chunk) return {};
    void* const data = chunk->take(rounded);
    return SpillPart(std::move(chunk), data, rounded);
  }
  void* data = spill.chunk ? spill.chunk->take(bytes) : nullptr;
  if (data == nullptr) {
    std::shared_ptr<SpillChunk> chunk = spill.make_chunk(nullptr, kChunkBytes);
    if (!chunk) return {};
    spill.chunk = std::move(chunk);
    data = spill.chunk->take(bytes);
  }
  return SpillPart(spill.chunk, data, bytes);
}

SpillPart take_spill_at(void* address, size_t bytes) {
  Spill& spill = Spill::get();
  const std::lock_guard lock(spill.mutex);
  if (!spill.can_try()) return {};
  std::shared_ptr<SpillChunk> chunk = spill.make_chunk(address, bytes);
  return chunk ? SpillPart(std::move(chunk), address, bytes) : SpillPart();
}

SpillPart::SpillPart(std::shared_ptr<SpillChunk> chunk, void* data, size_t bytes)
    : chunk_(std::move(chunk)), data_(data), bytes_(bytes) {
  spilled_bytes += bytes_;
}

SpillPart::~SpillPart() {
  if (data_ == nullptr) return;
  spilled_bytes -= bytes_;
  chunk_->punch(data_, bytes_);
}

#else

class SpillChunk {};

void set_column_memory(uint64_t, std::string) {}
SpillPart take_spill(size_t) { return {}; }
SpillPart take_spill_at(void*, size_t) { return {}; }
SpillPart::SpillPart(std::shared_ptr<SpillChunk>, void*, size_t) {}
SpillPart::~SpillPart() = default;

#endif

}  // namespace epochal
