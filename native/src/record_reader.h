// Framing over a growing, possibly damaged file. The readable twin, with the rules in words, is
// src/epochal/events/reference_frames.py.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "byte_source.h"
#include "crc32c.h"

namespace epochal {

inline constexpr uint64_t kMaxRecordBytes = uint64_t{1} << 31;  // no protobuf message reaches 2 GiB
inline constexpr uint64_t kHeadOnlyAbove = uint64_t{1} << 16;
inline constexpr uint64_t kPendingBytes = uint64_t{1} << 20;

// Bytes (plus 4 times what the file has on the disk) spent on data CRCs that fail, before a forged file of nothing but
// headers may not ask for CRCs of more than kBrokeBytes each.
inline constexpr uint64_t kCrcBudget = uint64_t{1} << 30;
inline constexpr uint64_t kBrokeBytes = 4096;

inline constexpr const char* kBadDataCrc = "data checksum does not match";

// A search for the next frame through so many bytes is interrupted: whoever decodes may want to stop.
inline constexpr uint64_t kSearchBytes = uint64_t{16} << 20;

// A whole record; `checked` if its data CRC was found to match.
struct Frame {
  uint64_t offset;
  uint64_t length;
  uint32_t crc;
  bool checked;
  uint64_t data_offset() const { return offset + kHeaderBytes; }
  uint64_t end() const { return offset + kFrameBytes + length; }
};

// Damage that was passed. An entry may grow while the next frame is still being looked for.
struct Problem {
  uint64_t offset;
  uint64_t lost_bytes;
  std::string message;
};

// A bounded list: what comes after kMaxProblems is only counted, in one last entry.
class Problems {
 public:
  static constexpr size_t kMaxProblems = 1000;

  Problems() = default;
  Problems(std::vector<Problem> list, uint64_t unlisted) : list_(std::move(list)), unlisted_(unlisted) {}

  void add(Problem problem);
  // The entry added last may be changed through this until the next add(); null if it was not listed.
  Problem* last() { return unlisted_ == 0 && !list_.empty() ? &list_.back() : nullptr; }
  const std::vector<Problem>& list() const { return list_; }
  uint64_t unlisted() const { return unlisted_; }

 private:
  std::vector<Problem> list_;
  uint64_t unlisted_ = 0;
};

// A window onto a source, refilled as needed. Reads ahead little after a jump (past an image) and twice as much with
// each refill that goes on where it was.
class Window {
 public:
  static constexpr size_t kWindowBytes = size_t{256} << 10;

  explicit Window(ByteSource& source);

  // `size` bytes at `offset` (size ≤ kWindowBytes), or null if the source does not have them all.
  const uint8_t* at(uint64_t offset, size_t size);
  // All bytes that the window has from `offset` on; refills if those are fewer than `wanted`.
  const uint8_t* from(uint64_t offset, size_t wanted, size_t& available);
  // Reads more bytes from `offset` on; false if there are none or no room.
  bool extend(uint64_t offset);

  ByteSource& source() { return source_; }

 private:
  static constexpr size_t kSmallestFill = size_t{8} << 10;

  void fill(uint64_t offset, size_t wanted);

  ByteSource& source_;
  uint8_t* buffer_;
  uint64_t start_ = 0;
  size_t size_ = 0;
  size_t next_fill_ = kSmallestFill;
};

class RecordReader {
 public:
  // How far a reader came, and all that the next one needs to go on from there.
  struct Progress {
    uint64_t offset = 0;
    uint64_t head_only_above = kHeadOnlyAbove;
    uint64_t failed_bytes = 0;
    bool in_damage = false;
    uint64_t damage_start = 0;
    std::string damage_message;
    std::optional<Problem> tail_problem;
  };

  explicit RecordReader(Progress progress) : progress_(std::move(progress)) {}

  uint64_t offset() const { return progress_.offset; }
  bool in_damage() const { return progress_.in_damage; }
  bool is_searching() const { return is_searching_; }
  const std::optional<Problem>& tail_problem() const { return progress_.tail_problem; }
  const Progress& progress() const { return progress_; }

  // Skips what the caller has read itself: whole, checked frames from offset() on.
  void advance(uint64_t offset) {
    progress_.offset = offset;
    progress_.tail_problem.reset();
  }

  // The next frame, passing damage, or nothing at the end of what can be read now. Moves offset() behind it. Nothing
  // too, with is_searching(), if there is much damage: ask again.
  std::optional<Frame> next_frame(Window& window, Problems& problems);

 private:
  enum class State { kWhole, kIncomplete, kDamaged };

  State read_frame(Window& window, uint64_t offset, Frame& frame, std::string& message);
  State check_data(Window& window, uint64_t offset, uint64_t length, Frame& frame);
  std::optional<Frame> search(Window& window, uint64_t start, uint64_t stop, uint64_t& keep_from);
  void give_up(uint64_t until, const std::string& message, Problems& problems);

  Progress progress_;
  bool is_searching_ = false;
};

}  // namespace epochal
