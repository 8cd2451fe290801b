#include "event_decoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "bytes.h"

namespace epochal {
namespace {

constexpr std::string_view kScalarsPlugin = "scalars";
// After decoding so much of a file of which so much is left, the rest is taken to be like it.
constexpr uint64_t kPlanAfterBytes = uint64_t{512} << 10;
constexpr uint64_t kPlanLeftBytes = uint64_t{4} << 20;
constexpr size_t kPlannedArenaBytes = size_t{8} << 20;
constexpr size_t kKeptPoints = 64;

constexpr const char* kBadEvent = "record is not a valid Event";

// Whether anything of an event is taken as a number: a purge marker, a scalar, a tensor small enough to be one.
bool holds_numbers(const ParsedEvent& event) {
  if (event.session_start) return true;
  for (size_t i = 0; i < event.count; ++i) {
    const Point& point = event.points[i];
    if (point.kind == Kind::kSimpleValue) return true;
    if (point.kind == Kind::kTensor && point.payload.size <= kScalarTensorBytes) return true;
  }
  return false;
}

// memcmp for forms: most are 10 to 40 bytes, or none, where the call costs more than the comparison.
inline bool same_bytes(const uint8_t* a, const uint8_t* b, size_t size) {
  if (size < 8) {
    for (size_t at = 0; at < size; ++at) {
      if (a[at] != b[at]) return false;
    }
    return true;
  }
  uint64_t difference = load<uint64_t>(a + size - 8) ^ load<uint64_t>(b + size - 8);
  for (size_t at = 0; at + 8 < size; at += 8) difference |= load<uint64_t>(a + at) ^ load<uint64_t>(b + at);
  return difference == 0;
}

// The head of an event as every writer serialises it, and all that follows it.
struct EventHead {
  double wall_time;
  int64_t step;
  const uint8_t* rest;
  size_t rest_size;
};

inline bool read_head(const uint8_t* data, uint64_t length, EventHead& head) {
  if (length < 9 || data[0] != 0x09) return false;
  head.wall_time = load<double>(data + 1);
  head.step = 0;
  const uint8_t* at = data + 9;
  const uint8_t* const end = data + length;
  if (at < end && *at == 0x10) {
    ++at;
    uint64_t step = 0;
    for (int shift = 0;; shift += 7) {
      if (at >= end || shift > 63) return false;
      const uint8_t byte = *at++;
      step |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    head.step = static_cast<int64_t>(step);
  }
  head.rest = at;
  head.rest_size = static_cast<size_t>(end - at);
  return true;
}

inline bool has_form(const EventHead& head, const ScalarForm& form) {
  const size_t before = form.before.size();
  const size_t after = form.after.size();
  return head.rest_size == before + form.number_bytes + after && form.number_bytes > 0 &&
         same_bytes(reinterpret_cast<const uint8_t*>(form.before.data()), head.rest, before) &&
         same_bytes(reinterpret_cast<const uint8_t*>(form.after.data()), head.rest + before + form.number_bytes, after);
}

// The tag of an event that is summary{value{tag, simple_value}} and short; empty for every other.
inline std::string_view tag_of_simple_value(const uint8_t* rest, size_t size) {
  if (size < 12 || size > 129) return {};
  const size_t tag_size = size - 11;
  const bool simple = rest[0] == 0x2A && rest[1] == size - 2 && rest[2] == 0x0A && rest[3] == size - 4 &&
                      rest[4] == 0x0A && rest[5] == tag_size && rest[size - 5] == 0x15;
  return simple ? std::string_view(reinterpret_cast<const char*>(rest) + 6, tag_size) : std::string_view();
}

// Whether `rest` is one Summary field and nothing else.
bool is_only_summary(const uint8_t* rest, size_t size) {
  ContiguousBytes bytes(rest, size);
  WireReader reader(bytes, {0, size});
  Field field;
  return reader.next(field) && field.number == 5 && field.wire_type == kBytes && reader.at_end();
}

}  // namespace

uint64_t EventDecoder::decode(ByteSource& source, uint64_t max_bytes) {
  const uint64_t before = records_;
  const uint64_t start = offset();
  if (fork_generation_ != fork_generation()) leave_shared_memory();
  const uint64_t until = max_bytes > UINT64_MAX - start ? UINT64_MAX : start + max_bytes;
  Window window(source);
  while (offset() < until) {
    if (!planned_ && offset() - start_ >= kPlanAfterBytes) {
      planned_ = true;
      const uint64_t left = std::min(source.end() - offset(), source.stored_bytes());  // a hole holds no events
      if (left >= kPlanLeftBytes) plan_columns(left);
    }
    if (!reader_.in_damage() && decode_batch(window, until) > 0) continue;
    const std::optional<Frame> frame = reader_.next_frame(window, problems_);
    if (!frame && reader_.is_searching()) continue;
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
  if (event_.points.size() > kKeptPoints) event_ = ParsedEvent();  // thousands of decoders may hold one each
  return records_ - before;
}

// In a process that was forked: writes to no memory that the parent may write to.
void EventDecoder::leave_shared_memory() {
  fork_generation_ = fork_generation();
  session_starts_.give_up_room();
  for (Series& series : series_) {
    series.scalars.give_up_room();
    if (series.blobs) series.blobs->give_up_room();
  }
}

// Gives every series of scalars the room that it will need if the rest of the file is like what was decoded of it.
// Those that need more then grow as usual.
void EventDecoder::plan_columns(uint64_t left_bytes) {
  const double growth = 1.02 * static_cast<double>(left_bytes) / static_cast<double>(offset() - start_);
  const auto expected = [&](const Series& series) {
    const size_t points = series.scalars.size();
    return points + static_cast<size_t>(growth * static_cast<double>(points)) + 64;
  };
  // Several arenas, so that those that memory has room for are not spilled because all of them together would be.
  std::vector<Series*> group;
  size_t bytes = 0;
  const auto move_group = [&] {
    if (group.empty()) return;
    const auto arena = std::make_shared<Arena>(bytes);
    for (Series* series : group) series->scalars.move_to(arena, expected(*series));
    group.clear();
    bytes = 0;
  };
  for (Series& series : series_) {
    if (!series.is_scalar) continue;
    group.push_back(&series);
    bytes += ScalarColumns::arena_bytes(expected(series));
    if (bytes >= kPlannedArenaBytes) move_group();
  }
  move_group();
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

// Decodes an event that is one scalar of a tag that appeared before and looks as it did then; false for every other.
bool EventDecoder::decode_scalar(const uint8_t* data, uint32_t length) {
  EventHead head;
  if (last_scalar_ == nullptr || !read_head(data, length, head)) return false;
  Series* series = last_scalar_->next;
  if (series == nullptr || !has_form(head, series->form)) {
    const std::string_view tag = tag_of_simple_value(head.rest, head.rest_size);
    if (tag.empty()) return false;
    const auto found = value_tags_.find(tag);
    if (found == value_tags_.end() || found->second.index[0] == kNone) return false;
    series = &series_[found->second.index[0]];
    if (!has_form(head, series->form)) return false;
    last_scalar_->next = series;
  }
  last_scalar_ = series;
  ++records_;
  note_wall_time(head.wall_time);
  const uint8_t* const number = head.rest + series->form.before.size();
  const double value = series->form.number_bytes == 4 ? load<float>(number) : load<double>(number);
  series->scalars.append(head.step, head.wall_time, value);
  return true;
}

// Remembers how this event of a scalar looks. `number` is where its value stands in the record's data.
void EventDecoder::learn_form(Series& series, const uint8_t* data, uint64_t length, Span number) {
  constexpr size_t kLongestForm = 512;
  EventHead head;
  if (!read_head(data, length, head) || head.rest_size > kLongestForm) return;
  if (!is_only_summary(head.rest, head.rest_size)) return;  // a second step could stand there, and would count
  const char* const rest = reinterpret_cast<const char*>(head.rest);
  const size_t before = static_cast<size_t>(data + number.start - head.rest);
  series.form.before.assign(rest, before);
  series.form.after.assign(rest + before + number.size, head.rest_size - before - number.size);
  series.form.number_bytes = static_cast<size_t>(number.size);
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
    if constexpr (std::is_same_v<Bytes, SparseRecord>) {
      // Only payloads that are read again when they are used may wait for their checksum. A number is shown as it is.
      if (holds_numbers(event_) && !bytes.has_crc(frame.crc, kCrcBudget + 4 * bytes.stored_bytes())) {
        problems_.add({frame.offset, frame.end() - frame.offset, kBadDataCrc});
        return;
      }
    }
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
  if (found == tags.end()) found = tags.try_emplace(point.tag).first;
  TagEntry& entry = found->second;
  if (point.has_metadata && !entry.metadata) entry.metadata = std::make_unique<Metadata>(point.metadata);
  if (point.kind == Kind::kSimpleValue) {
    add_scalar(entry, point, {point.value, point.payload}, bytes);
  } else if (point.kind == Kind::kTensor && entry.metadata && entry.metadata->plugin_name == kScalarsPlugin) {
    std::optional<ScalarTensor> number;
    if (point.payload.size <= kScalarTensorBytes) {
      std::array<uint8_t, kScalarTensorBytes> raw;
      bytes.copy(point.payload.start, point.payload.size, raw.data());
      number = decode_scalar_tensor(raw.data(), point.payload.size);
    }
    if (!number) {
      problems_.add({frame.data_offset() + point.span.start, point.span.size,
                     '"' + point.tag + "\" at step " + std::to_string(event_.step) + " is not one number"});
      return;
    }
    if (number->bytes.size > 0) number->bytes.start += point.payload.start;
    add_scalar(entry, point, *number, bytes);
  } else {
    find_series(entry, point, false, bytes)
        .blobs->append(event_.step, event_.wall_time, frame.offset, frame.length,
                       frame.data_offset() + point.span.start, point.span.size, frame.crc);
  }
}

// `number.bytes` count from the start of the record's data.
template <typename Bytes>
void EventDecoder::add_scalar(TagEntry& entry, const Point& point, const ScalarTensor& number, Bytes& bytes) {
  Series& series = find_series(entry, point, true, bytes);
  series.scalars.append(event_.step, event_.wall_time, number.value);
  if constexpr (std::is_same_v<Bytes, ContiguousBytes>) {
    if (event_.count > 1 || event_.session_start) return;
    if (last_scalar_ != nullptr) last_scalar_->next = &series;
    last_scalar_ = &series;
    if (number.bytes.size > 0) learn_form(series, bytes.data(), bytes.size(), number.bytes);
  }
}

template <typename Bytes>
Series& EventDecoder::find_series(TagEntry& entry, const Point& point, bool is_scalar, Bytes& bytes) {
  uint32_t& index = entry.index[is_scalar ? 0 : static_cast<size_t>(point.kind)];
  if (index == kNone) {
    const int32_t dtype = point.kind == Kind::kTensor ? peek_dtype(bytes, point.payload) : 0;
    Series& series = series_.emplace_back();
    index = static_cast<uint32_t>(series_.size() - 1);
    series.tag = point.tag;
    series.kind = point.kind;
    series.is_scalar = is_scalar;
    series.dtype = dtype;
    if (!is_scalar) series.blobs = std::make_unique<BlobColumns>();
  }
  return series_[index];
}

const Metadata* EventDecoder::metadata_of(const Series& series) const {
  const TagMap& tags = series.kind >= Kind::kGraphDef ? payload_tags_ : value_tags_;
  const auto found = tags.find(series.tag);
  return found != tags.end() ? found->second.metadata.get() : nullptr;
}

void EventDecoder::trim() {
  const auto for_each_slack = [&](auto visit) {
    for (Series& series : series_) {
      if (series.scalars.has_slack()) visit(series.scalars);
      if (series.blobs && series.blobs->has_slack()) visit(*series.blobs);
    }
  };
  size_t bytes = 0;
  for_each_slack([&](auto& columns) { bytes += columns.arena_bytes(columns.size()); });
  if (bytes == 0) return;
  const auto arena = std::make_shared<Arena>(bytes);
  for_each_slack([&](auto& columns) { columns.move_to(arena, columns.size()); });
}

}  // namespace epochal
