#include "encoder.h"

#include <algorithm>
#include <cmath>

#include "bytes.h"
#include "crc32c.h"

namespace epochal {
namespace {

constexpr size_t kSmallestChunk = size_t{4} << 10;
constexpr size_t kLargestChunk = size_t{256} << 10;

size_t varint_size(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

uint8_t* put_varint(uint8_t* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<uint8_t>(value);
  return out;
}

// The layout of a scalar's Event, in the bytes that protobuf itself would write: zero fields are left out.
struct ScalarEvent {
  ScalarEvent(std::string_view event_tag, double value, int64_t event_step, double event_wall_time)
      : tag(event_tag), value_bits(std::bit_cast<uint32_t>(static_cast<float>(value))), step(event_step),
        wall_time_bits(std::bit_cast<uint64_t>(event_wall_time)) {
    value_size = (tag.empty() ? 0 : 1 + varint_size(tag.size()) + tag.size()) + 5;
    summary_size = 1 + varint_size(value_size) + value_size;
    size = (wall_time_bits ? 9 : 0) + (step ? 1 + varint_size(static_cast<uint64_t>(step)) : 0) + 1 +
           varint_size(summary_size) + summary_size;
  }

  void write(uint8_t* out) const {
    if (wall_time_bits) {
      *out++ = 0x09;
      store(out, wall_time_bits);
      out += 8;
    }
    if (step) {
      *out++ = 0x10;
      out = put_varint(out, static_cast<uint64_t>(step));
    }
    *out++ = 0x2A;
    out = put_varint(out, summary_size);
    *out++ = 0x0A;
    out = put_varint(out, value_size);
    if (!tag.empty()) {
      *out++ = 0x0A;
      out = put_varint(out, tag.size());
      std::memcpy(out, tag.data(), tag.size());
      out += tag.size();
    }
    *out++ = 0x15;
    store(out, value_bits);
  }

  std::string_view tag;
  uint32_t value_bits;
  int64_t step;
  uint64_t wall_time_bits;
  size_t value_size;
  size_t summary_size;
  size_t size;
};

}  // namespace

void write_frame(const uint8_t* data, size_t size, uint8_t* out) {
  store(out, static_cast<uint64_t>(size));
  store(out + 8, masked_crc32c(out, 8));
  if (size > 0 && data != out + kHeaderBytes) std::memcpy(out + kHeaderBytes, data, size);
  store(out + kHeaderBytes + size, masked_crc32c(out + kHeaderBytes, size));
}

uint8_t* RecordBuffer::reserve(size_t frame_bytes) {
  if (frame_bytes > max_bytes_ || pending_bytes_ > max_bytes_ - frame_bytes) {
    ++dropped_records_;
    return nullptr;
  }
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().size < frame_bytes) {
    const size_t next = chunks_.empty() ? kSmallestChunk : std::min(chunks_.back().capacity * 2, kLargestChunk);
    const size_t capacity = std::max(next, frame_bytes);
    chunks_.push_back({std::shared_ptr<uint8_t[]>(new uint8_t[capacity]), capacity, 0, 0, 0});
  }
  Chunk& chunk = chunks_.back();
  uint8_t* out = chunk.memory.get() + chunk.size;
  chunk.size += frame_bytes;
  ++chunk.records;
  pending_bytes_ += frame_bytes;
  ++pending_records_;
  return out;
}

uint64_t RecordBuffer::append_scalar(std::string_view tag, double value, int64_t step, double wall_time) {
  const ScalarEvent event(tag, value, step, wall_time);
  const std::lock_guard lock(mutex_);
  uint8_t* out = reserve(event.size + kFrameBytes);
  if (out == nullptr) return 0;
  event.write(out + kHeaderBytes);
  write_frame(out + kHeaderBytes, event.size, out);
  return pending_records_;
}

uint64_t RecordBuffer::append_record(const uint8_t* data, size_t size) {
  const std::lock_guard lock(mutex_);
  uint8_t* out = reserve(size + kFrameBytes);
  if (out == nullptr) return 0;
  write_frame(data, size, out);
  return pending_records_;
}

// Unlinks whole chunks while they fit, then the frames of one more.
RecordBuffer::Taken RecordBuffer::take(uint64_t max_bytes) {
  Taken taken;
  const std::lock_guard lock(mutex_);
  const auto take_run = [&](Chunk& chunk, size_t end, uint64_t records) {
    if (end == chunk.start) return;
    taken.runs_.push_back({chunk.memory, chunk.start, end - chunk.start});
    taken.bytes_ += end - chunk.start;
    chunk.start = end;
    chunk.records -= records;
    pending_records_ -= records;
  };
  while (!chunks_.empty() && taken.bytes_ + (chunks_.front().size - chunks_.front().start) <= max_bytes) {
    take_run(chunks_.front(), chunks_.front().size, chunks_.front().records);
    chunks_.pop_front();
  }
  if (!chunks_.empty()) {
    Chunk& chunk = chunks_.front();
    size_t end = chunk.start;
    uint64_t records = 0;
    while (end < chunk.size) {
      const size_t frame = static_cast<size_t>(load<uint64_t>(chunk.memory.get() + end)) + kFrameBytes;
      const uint64_t bytes = taken.bytes_ + (end - chunk.start);
      if (bytes > 0 && bytes + frame > max_bytes) break;
      end += frame;
      ++records;
    }
    take_run(chunk, end, records);
    if (chunk.start == chunk.size) chunks_.pop_front();
  }
  pending_bytes_ -= taken.bytes_;
  return taken;
}

void RecordBuffer::Taken::copy_to(uint8_t* out) const {
  for (const Run& run : runs_) {
    std::memcpy(out, run.memory.get() + run.start, run.size);
    out += run.size;
  }
}

RecordBuffer::Counts RecordBuffer::clear() {
  const std::lock_guard lock(mutex_);
  const Counts cleared{pending_records_, pending_bytes_};
  chunks_.clear();
  pending_bytes_ = 0;
  pending_records_ = 0;
  return cleared;
}

RecordBuffer::Counts RecordBuffer::pending() const {
  const std::lock_guard lock(mutex_);
  return {pending_records_, pending_bytes_};
}

uint64_t RecordBuffer::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_records_;
}

}  // namespace epochal
