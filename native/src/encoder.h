// What the writer appends to: encoded, framed records in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace epochal {

// Frames `size` bytes of data into out[0 .. size + kFrameBytes). `data` may already lie at out + kHeaderBytes.
void write_frame(const uint8_t* data, size_t size, uint8_t* out);

// A bounded, thread-safe queue of framed records, oldest first. A record that would make more than max_bytes pending
// is dropped and counted, never waited for.
class RecordBuffer {
 public:
  // Whole frames taken from the front: runs of bytes that stay where they are while they are copied out.
  class Taken {
   public:
    size_t bytes() const { return bytes_; }
    void copy_to(uint8_t* out) const;

   private:
    friend class RecordBuffer;
    struct Run {
      std::shared_ptr<uint8_t[]> memory;
      size_t start;
      size_t size;
    };
    std::vector<Run> runs_;
    size_t bytes_ = 0;
  };

  explicit RecordBuffer(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Appends Event{wall_time, step, summary{value{tag, simple_value}}}; the value is rounded to float32. Returns the
  // number of records that wait now, 0 if this one was dropped.
  uint64_t append_scalar(std::string_view tag, double value, int64_t step, double wall_time);
  // Frames and appends one serialised Event; returns the same.
  uint64_t append_record(const uint8_t* data, size_t size);

  // At most max_bytes, but at least one frame if there is one. The lock is held only to unlink them.
  Taken take(uint64_t max_bytes);

  struct Counts {
    uint64_t records;
    uint64_t bytes;
  };
  Counts clear();
  Counts pending() const;
  uint64_t dropped() const;

 private:
  // Frames are never split between chunks, and a chunk's memory never moves: bytes once written stay readable
  // without the lock.
  struct Chunk {
    std::shared_ptr<uint8_t[]> memory;
    size_t capacity;
    size_t start;  // of the first frame not taken
    size_t size;   // end of the last frame
    uint64_t records;
  };

  uint8_t* reserve(size_t frame_bytes);  // null if it would be too much; the lock is held

  const uint64_t max_bytes_;
  mutable std::mutex mutex_;
  std::deque<Chunk> chunks_;
  uint64_t pending_bytes_ = 0;
  uint64_t pending_records_ = 0;
  uint64_t dropped_records_ = 0;
};

}  // namespace epochal
