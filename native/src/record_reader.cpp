#include "record_reader.h"

#include <algorithm>

#include "bytes.h"

namespace epochal {
namespace {

constexpr const char* kBadLengthCrc = "length checksum does not match";
constexpr const char* kCutShort = "record is cut short";

bool header_matches(const uint8_t* header) { return masked_crc32c(header, 8) == load<uint32_t>(header + 8); }

size_t count_zeros(const uint8_t* bytes, size_t size) {
  size_t at = 0;
  while (at + 8 <= size && load<uint64_t>(bytes + at) == 0) at += 8;
  while (at < size && bytes[at] == 0) ++at;
  return at;
}

// One buffer per loader thread: thousands of decoders must not hold one each.
uint8_t* window_buffer() {
  thread_local const std::unique_ptr<uint8_t[]> buffer(new uint8_t[Window::kWindowBytes]);
  return buffer.get();
}

}  // namespace

void Problems::add(Problem problem) {
  if (list_.size() < kMaxProblems) {
    list_.push_back(std::move(problem));
    return;
  }
  if (list_.size() == kMaxProblems) list_.push_back({problem.offset, 0, ""});
  ++unlisted_;
  list_.back().message = std::to_string(unlisted_) + " more problems from here on";
}

Window::Window(ByteSource& source) : source_(source), buffer_(window_buffer()) {}

void Window::fill(uint64_t offset, size_t wanted) {
  const bool goes_on = offset >= start_ && offset <= start_ + size_;
  next_fill_ = goes_on ? std::min(next_fill_ * 2, kWindowBytes) : kSmallestFill;
  next_fill_ = std::max(next_fill_, wanted);
  const uint64_t left = source_.end() > offset ? source_.end() - offset : 0;
  start_ = offset;
  size_ = 0;  // in case read throws
  size_ = source_.read(offset, buffer_, static_cast<size_t>(std::min<uint64_t>(next_fill_, left)));
}

const uint8_t* Window::at(uint64_t offset, size_t size) {
  if (offset < start_ || offset + size > start_ + size_) {
    fill(offset, size);
    if (size_ < size) return nullptr;
  }
  return buffer_ + (offset - start_);
}

const uint8_t* Window::from(uint64_t offset, size_t wanted, size_t& available) {
  const bool inside = offset >= start_ && offset <= start_ + size_;
  if (!inside || start_ + size_ - offset < wanted) fill(offset, wanted);
  available = static_cast<size_t>(start_ + size_ - offset);
  return buffer_ + (offset - start_);
}

bool Window::extend(uint64_t offset) {
  const size_t before = static_cast<size_t>(start_ + size_ - offset);
  if (before >= kWindowBytes || start_ + size_ >= source_.end()) return false;
  fill(offset, before);
  return size_ > before;
}

std::optional<Frame> RecordReader::next_frame(Window& window, Problems& problems) {
  progress_.tail_problem.reset();
  std::string message;
  State state = State::kDamaged;
  if (!progress_.in_damage) {
    Frame frame;
    state = read_frame(window, progress_.offset, frame, message);
    if (state == State::kWhole) {
      progress_.offset = frame.end();
      return frame;
    }
    if (state == State::kIncomplete) message = kCutShort;
  }
  uint64_t keep_from = 0;
  const uint64_t end = window.source().end();
  const uint64_t start = progress_.in_damage ? progress_.offset : progress_.offset + 1;
  uint64_t stop = UINT64_MAX;  // a frame that may be growing is given up only if there is a whole one behind it
  if ((progress_.in_damage || state == State::kDamaged) && end > kPendingBytes && start < end - kPendingBytes) {
    stop = std::min(start + kSearchBytes, end - kPendingBytes);
  }
  is_searching_ = false;
  if (const auto frame = search(window, start, stop, keep_from)) {
    give_up(frame->offset, message, problems);
    progress_.in_damage = false;
    progress_.offset = frame->end();
    return frame;
  }
  if (!progress_.in_damage && state == State::kIncomplete) return std::nullopt;  // it is still being written
  if (is_searching_) {
    give_up(keep_from, message, problems);
    return std::nullopt;
  }
  if (end > kPendingBytes) {
    keep_from = std::min(keep_from, end - kPendingBytes);
    if (keep_from > progress_.offset) give_up(keep_from, message, problems);
  }
  progress_.tail_problem = Problem{progress_.offset, end > progress_.offset ? end - progress_.offset : 0,
                                   progress_.in_damage ? progress_.damage_message : message};
  return std::nullopt;
}

void RecordReader::give_up(uint64_t until, const std::string& message, Problems& problems) {
  if (!progress_.in_damage) {
    progress_.in_damage = true;
    progress_.damage_start = progress_.offset;
    progress_.damage_message = message;
    problems.add({progress_.offset, 0, message});
  }
  if (Problem* problem = problems.last()) problem->lost_bytes = until - progress_.damage_start;
  progress_.offset = until;
}

RecordReader::State RecordReader::read_frame(Window& window, uint64_t offset, Frame& frame, std::string& message) {
  const uint8_t* header = window.at(offset, kHeaderBytes);
  if (header == nullptr) return State::kIncomplete;
  const uint64_t length = load<uint64_t>(header);
  if (!header_matches(header)) {
    message = kBadLengthCrc;
    return State::kDamaged;
  }
  if (length >= kMaxRecordBytes) {
    message = "record claims " + std::to_string(length) + " bytes";
    return State::kDamaged;
  }
  const uint64_t end = window.source().end();
  if (end - offset < kFrameBytes || length > end - offset - kFrameBytes) return State::kIncomplete;
  if (length > progress_.head_only_above) {
    const uint64_t footer = offset + kHeaderBytes + length;
    const uint8_t* after = window.at(footer, kFooterBytes + kHeaderBytes);
    if (after != nullptr && header_matches(after + kFooterBytes)) {
      frame = {offset, length, load<uint32_t>(after), false};
      return State::kWhole;
    }
  }
  const State state = check_data(window, offset, length, frame);
  if (state == State::kDamaged) message = kBadDataCrc;
  return state;
}

RecordReader::State RecordReader::check_data(Window& window, uint64_t offset, uint64_t length, Frame& frame) {
  const uint64_t budget = kCrcBudget + 4 * window.source().stored_bytes();
  if (length > kBrokeBytes && progress_.failed_bytes > budget) return State::kDamaged;
  uint32_t crc = ~0u;
  uint64_t at = offset + kHeaderBytes;
  for (uint64_t left = length; left > 0;) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(left, Window::kWindowBytes));
    const uint8_t* data = window.at(at, size);
    if (data == nullptr) return State::kIncomplete;
    crc = crc32c_ops().extend(crc, data, size);
    at += size;
    left -= size;
  }
  const uint8_t* footer = window.at(at, kFooterBytes);
  if (footer == nullptr) return State::kIncomplete;
  const uint32_t stored = load<uint32_t>(footer);
  if (mask_crc(~crc) != stored) {
    progress_.failed_bytes += length;
    return State::kDamaged;
  }
  frame = {offset, length, stored, true};
  return State::kWhole;
}

// The first frame from `start` on whose CRCs match. Without one, `keep_from` is where a frame may be growing, or the
// end; or where the search was interrupted at or behind `stop`.
std::optional<Frame> RecordReader::search(Window& window, uint64_t start, uint64_t stop, uint64_t& keep_from) {
  const uint64_t end = window.source().end();
  std::optional<uint64_t> growing;
  uint64_t at = start;
  while (at + kHeaderBytes <= end) {
    if (at >= stop && !growing) {
      is_searching_ = true;
      keep_from = std::min(at, end - kPendingBytes);  // what may still be written stays
      return std::nullopt;
    }
    size_t available = 0;
    const uint8_t* bytes = window.from(at, kHeaderBytes, available);
    if (available < kHeaderBytes) break;
    const size_t zeros = count_zeros(bytes, available);
    if (zeros >= kHeaderBytes) {  // they are no header
      at += zeros - (kHeaderBytes - 1);
      if (zeros == available) {
        const uint64_t data = window.source().next_data(at + kHeaderBytes - 1);
        at = std::max(at, std::min(data, end) - (kHeaderBytes - 1));
      }
      continue;
    }
    const size_t found = crc32c_ops().find_header(bytes, available);
    if (found == SIZE_MAX) {
      at += available - (kHeaderBytes - 1);
      continue;
    }
    const uint64_t offset = at + found;
    const uint64_t length = load<uint64_t>(bytes + found);
    at = offset + 1;
    if (length >= kMaxRecordBytes) continue;
    if (end - offset < kFrameBytes || length > end - offset - kFrameBytes) {
      if (!growing) growing = offset;
      continue;
    }
    Frame frame;
    if (check_data(window, offset, length, frame) == State::kWhole) return frame;
  }
  keep_from = growing.value_or(std::max(start, end >= kHeaderBytes ? end - kHeaderBytes + 1 : 0));
  return std::nullopt;
}

}  // namespace epochal
