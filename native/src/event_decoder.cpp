#include "event_decoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "bytes.h"
#include "scalar_tensor.h"

namespace epochal {
namespace {

constexpr std::string_view kScalarsPlugin = "scalars";
// After decoding so much of a file of which so much is left, the rest is taken to be like it.
constexpr uint64_t kPlanAfterBytes = uint64_t{512} << 10;
constexpr uint64_t kPlanLeftBytes = uint64_t{4} << 20;

constexpr const char* kBadEvent = "record is not a valid Event";

// memcmp for tags: most are 10 to 40 bytes, where the call costs more than the comparison.
inline bool same_bytes(const uint8_t* a, const uint8_t* b, size_t size) {
  if (size < 8) return std::memcmp(a, b, size) == 0;
  uint64_t difference = load<uint64_t>(a + size - 8) ^ load<uint64_t>(b + size - 8);
  for (size_t at = 0; at + 8 < size; at += 8) difference |= load<uint64_t>(a + at) ^ load<uint64_t>(b + at);
  return difference == 0;
}

// One scalar, as every writer serialises it: wall_time, step, summary{value{tag, simple_value}}, each length below
// 128. `middle` runs from the summary's key to the value's key.
struct PlainScalar {
  double wall_time;
  int64_t step;
  const uint8_t* middle;
  size_t middle_size;
};

// The event-level part of it; false if the bytes do not begin like that.
inline bool read_plain_scalar(const uint8_t* data, uint32_t length, PlainScalar& scalar) {
  if (length < 9 + 8 + 4 || data[0] != 0x09) return false;
  scalar.wall_time = load<double>(data + 1);
  const uint8_t* at = data + 9;
  const uint8_t* const middle_end = data + length - 4;
  scalar.step = 0;
  if (*at == 0x10) {
    ++at;
    uint64_t step = 0;
    for (int shift = 0;; shift += 7) {
      if (at >= middle_end || shift > 63) return false;
      const uint8_t byte = *at++;
      step |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    scalar.step = static_cast<int64_t>(step);
  }
  if (at >= middle_end) return false;
  scalar.middle = at;
  scalar.middle_size = static_cast<size_t>(middle_end - at);
  return true;
}

// The tag in the middle of a plain scalar; empty if it is not one.
inline std::string_view tag_of_middle(const uint8_t* middle, size_t size) {
  if (size < 8 || size > 2 + 127) return {};
  const size_t after = size + 4;  // the value's four bytes follow
  const size_t tag_size = size - 7;
  const bool plain = middle[0] == 0x2A && middle[1] == after - 2 && middle[2] == 0x0A && middle[3] == after - 4 &&
                     middle[4] == 0x0A && middle[5] == tag_size && middle[size - 1] == 0x15;
  return plain ? std::string_view(reinterpret_cast<const char*>(middle) + 6, tag_size) : std::string_view();
}

}  // namespace

uint64_t EventDecoder::decode(ByteSource& source, uint64_t max_bytes) {
  const uint64_t before = records_;
  const uint64_t start = offset();
  const uint64_t until = max_bytes > UINT64_MAX - start ? UINT64_MAX : start + max_bytes;
  Window window(source);
  while (offset() < until) {
    if (!planned_ && offset() - start_ >= kPlanAfterBytes) {
      planned_ = true;
      if (source.end() - offset() >= kPlanLeftBytes) plan_columns(source.end() - offset());
    }
    if (!reader_.in_damage() && decode_batch(window, until) > 0) continue;
    const std::optional<Frame> frame = reader_.next_frame(window, problems_);
    if (!frame) break;
    const uint8_t* data = nullptr;
    if (frame->checked && frame->length <= Window::kWindowBytes) {
      data = window.at(frame->data_offset(), static_cast<size_t>(frame->length));
    }
    if (data != nullptr) {
      ContiguousBytes bytes(data, frame->length);
      decode_event(*frame, bytes);
    } else {
      SparseRecord bytes(source, frame->data_offset(), frame->length);
      decode_event(*frame, bytes);
    }
  }
  return records_ - before;
}

// Gives every series of scalars the room that it will need if the rest of the file is like what was decoded of it.
// Those that need more then grow as usual.
void EventDecoder::plan_columns(uint64_t left_bytes) {
  const double growth = 1.02 * static_cast<double>(left_bytes) / static_cast<double>(offset() - start_);
  const auto expected = [&](const Series& series) {
    const size_t points = series.scalars.size();
    return points + static_cast<size_t>(growth * static_cast<double>(points)) + 64;
  };
  size_t bytes = 0;
  for (const Series& series : series_) {
    if (series.is_scalar) bytes += ScalarColumns::arena_bytes(expected(series));
  }
  if (bytes == 0) return;
  const auto arena = std::make_shared<Arena>(bytes);
  for (Series& series : series_) {
    if (series.is_scalar) series.scalars.move_to(arena, expected(series));
  }
}

// Decodes whole, undamaged, small records that lie in the window; returns how many. Nearly every record of nearly
// every file passes here.
uint64_t EventDecoder::decode_batch(Window& window, uint64_t until) {
  std::array<FrameRef, 256> frames;
  const uint64_t base = offset();
  size_t available = 0;
  const uint8_t* bytes = window.from(base, kFrameBytes, available);
  size_t count = 0;
  for (;;) {
    count = crc32c_ops().verify_frames(bytes, available, kHeadOnlyAbove, frames.data(), frames.size());
    if (count > 0 || !window.extend(base)) break;
    bytes = window.from(base, kFrameBytes, available);
  }
  size_t done = 0;
  while (done < count && offset() < until) {
    const FrameRef ref = frames[done++];
    const uint8_t* data = bytes + ref.offset + kHeaderBytes;
    const uint64_t end = base + ref.offset + kFrameBytes + ref.length;
    reader_.advance(end);
    last_record_end_ = end;
    if (!decode_scalar(data, ref.length)) {
      ContiguousBytes record(data, ref.length);
      const Frame frame{base + ref.offset, ref.length, load<uint32_t>(data + ref.length), true};
      decode_event(frame, record);
    }
  }
  if (done > 0) {
    const FrameRef last = frames[done - 1];
    last_record_crc_ = load<uint32_t>(bytes + last.offset + kHeaderBytes + last.length);
  }
  return done;
}

// Decodes an event that is one plain scalar of a tag that appeared before; false for every other.
bool EventDecoder::decode_scalar(const uint8_t* data, uint32_t length) {
  PlainScalar scalar;
  if (!read_plain_scalar(data, length, scalar)) return false;
  Series* series = nullptr;
  if (last_scalar_ != nullptr) {
    Series& guess = series_[last_scalar_->next];
    if (guess.event_middle.size() == scalar.middle_size &&
        same_bytes(reinterpret_cast<const uint8_t*>(guess.event_middle.data()), scalar.middle, scalar.middle_size)) {
      series = &guess;
    }
  }
  if (series == nullptr) {
    const std::string_view tag = tag_of_middle(scalar.middle, scalar.middle_size);
    if (tag.empty()) return false;
    const auto found = value_tags_.find(tag);
    if (found == value_tags_.end()) return false;
    const uint32_t index = found->second.index[0];
    if (index == kNone) return false;
    series = &series_[index];
    if (series->event_middle.empty()) {
      series->event_middle.assign(reinterpret_cast<const char*>(scalar.middle), scalar.middle_size);
    }
    if (last_scalar_ != nullptr) last_scalar_->next = index;
  }
  last_scalar_ = series;
  ++records_;
  note_wall_time(scalar.wall_time);
  const double value = load<float>(scalar.middle + scalar.middle_size);
  series->scalars.append(scalar.step, scalar.wall_time, value);
  return true;
}

inline void EventDecoder::note_wall_time(double wall_time) {
  if (!std::isfinite(wall_time)) return;
  if (!first_wall_time_) first_wall_time_ = wall_time;
  last_wall_time_ = wall_time;
}

template <typename Bytes>
void EventDecoder::decode_event(const Frame& frame, Bytes& bytes) {
  last_record_crc_ = frame.crc;
  last_record_end_ = frame.end();
  try {
    parse_event(bytes, event_);
  } catch (const WireError&) {
    problems_.add({frame.offset, frame.end() - frame.offset, kBadEvent});
    return;
  }
  ++records_;
  note_wall_time(event_.wall_time);
  if (file_version_.empty()) file_version_ = event_.file_version;
  if (event_.session_start) session_starts_.append(event_.step, event_.wall_time, frame.offset);
  for (size_t i = 0; i < event_.count; ++i) add_point(frame, event_.points[i], bytes);
}

template <typename Bytes>
void EventDecoder::add_point(const Frame& frame, const Point& point, Bytes& bytes) {
  TagMap& tags = tags_of(point.kind);
  auto found = tags.find(point.tag);
  if (found == tags.end()) found = tags.emplace(point.tag, TagEntry{}).first;
  TagEntry& entry = found->second;
  if (point.has_metadata && !entry.has_metadata) {
    entry.has_metadata = true;
    entry.metadata = point.metadata;
  }
  std::optional<double> value;
  if (point.kind == Kind::kSimpleValue) {
    value = point.value;
  } else if (point.kind == Kind::kTensor && entry.has_metadata && entry.metadata.plugin_name == kScalarsPlugin) {
    if (point.tensor.size <= kScalarTensorBytes) {
      std::array<uint8_t, kScalarTensorBytes> raw;
      bytes.copy(point.tensor.start, point.tensor.size, raw.data());
      value = decode_scalar_tensor(raw.data(), point.tensor.size);
    }
    if (!value) {
      problems_.add({frame.data_offset() + point.span.start, point.span.size,
                     '"' + point.tag + "\" at step " + std::to_string(event_.step) + " is not one number"});
      return;
    }
  }
  const size_t slot = value ? 0 : static_cast<size_t>(point.kind);
  uint32_t& index = entry.index[slot];
  if (index == kNone) {
    index = static_cast<uint32_t>(series_.size());
    const int32_t dtype = point.kind == Kind::kTensor ? peek_dtype(bytes, point.tensor) : 0;
    Series& series = series_.emplace_back();
    series.tag = point.tag;
    series.kind = point.kind;
    series.is_scalar = value.has_value();
    series.dtype = dtype;
  }
  Series& series = series_[index];
  if (value) {
    series.scalars.append(event_.step, event_.wall_time, *value);
  } else {
    series.blobs.append(event_.step, event_.wall_time, frame.offset, frame.length,
                        frame.data_offset() + point.span.start, point.span.size, frame.crc);
  }
}

const Metadata* EventDecoder::metadata_of(const Series& series) const {
  const TagMap& tags = series.kind >= Kind::kGraphDef ? payload_tags_ : value_tags_;
  const auto found = tags.find(series.tag);
  return found != tags.end() && found->second.has_metadata ? &found->second.metadata : nullptr;
}

void EventDecoder::trim() {
  for (Series& series : series_) {
    series.scalars.trim();
    series.blobs.trim();
  }
}

}  // namespace epochal
