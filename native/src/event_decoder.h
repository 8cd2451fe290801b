// An event file to columns, incrementally. The readable twin is src/epochal/events/reference_decoder.py.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "byte_source.h"
#include "decoder_state.h"
#include "event_parser.h"
#include "record_reader.h"
#include "scalar_tensor.h"
#include "series_builder.h"

namespace epochal {

using ScalarColumns = Columns<int64_t, double, double>;  // step, wall_time, value

// step, wall_time, record_offset, record_bytes, value_offset, value_bytes, data_crc
using BlobColumns = Columns<int64_t, double, uint64_t, uint64_t, uint64_t, uint64_t, uint32_t>;

using SessionColumns = Columns<int64_t, double, uint64_t>;  // step, wall_time, record_offset

// How the last event of a scalar looked, if it held nothing else: all bytes behind the step, but for the number itself.
// The next event of the tag nearly always has the same ones, and then its number is found by two comparisons.
struct ScalarForm {
  std::string before;
  std::string after;
  size_t number_bytes = 0;  // 4 for a float, 8 for a double; 0: no such event so far
};

// All points of one tag and kind. Scalars are points of kSimpleValue and of kTensor under the scalars plugin.
struct Series {
  std::string tag;
  Kind kind = Kind::kMetadata;
  bool is_scalar = false;
  int32_t dtype = 0;
  ScalarColumns scalars;                // empty for blobs
  std::unique_ptr<BlobColumns> blobs;  // null for scalars, which are many
  ScalarForm form;
  Series* next = nullptr;  // the series of scalars that followed this one last time

  size_t points() const { return blobs ? blobs->size() : scalars.size(); }
};

struct DecoderOptions {
  uint64_t start = 0;
  // Records above this are trusted by the next frame's length CRC. Tests and `doctor` set it out of reach.
  uint64_t head_only_above = kHeadOnlyAbove;
};

class IndexFile;

class EventDecoder {
 public:
  explicit EventDecoder(DecoderOptions options = {})
      : start_(options.start), reader_({options.start, options.head_only_above, 0, false, 0, {}, {}}) {}

  // Goes on where the one stopped whose index this is. Columns are those of the mapping until they grow.
  explicit EventDecoder(const IndexFile& index);

  // Decodes what `source` holds from offset() on; stops after the record with which at least `max_bytes` are
  // consumed. Returns the number of events. Throws std::system_error if reading fails, std::bad_alloc.
  uint64_t decode(ByteSource& source, uint64_t max_bytes);

  uint64_t offset() const { return reader_.offset(); }
  uint64_t records() const { return records_; }
  std::optional<double> first_wall_time() const { return first_wall_time_; }
  std::optional<double> last_wall_time() const { return last_wall_time_; }
  const std::string& file_version() const { return file_version_; }
  uint32_t last_record_crc() const { return last_record_crc_; }
  uint64_t last_record_end() const { return last_record_end_; }

  const std::deque<Series>& series() const { return series_; }
  // The first metadata that the file gives for the tag of `series`; null if none.
  const Metadata* metadata_of(const Series& series) const;
  const SessionColumns& session_starts() const { return session_starts_; }
  const std::vector<Problem>& problems() const { return problems_.list(); }
  const std::optional<Problem>& tail_problem() const { return reader_.tail_problem(); }

  // All that it knows besides its series, their metadata and the session starts.
  DecoderState state() const;
  std::vector<LooseTag> loose_tags() const;

  // Moves small series into memory without room for growth, which is half of what they take. For when a file was read
  // to its end; a series that goes on after that takes new room.
  void trim();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kIndexKinds = 9;  // Kind, with kSimpleValue standing for every scalar

  struct TagEntry {
    uint32_t index[kIndexKinds] = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
    std::unique_ptr<Metadata> metadata;  // null until the file gives some
  };

  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using TagMap = std::unordered_map<std::string, TagEntry, TextHash, std::equal_to<>>;

  void plan_columns(uint64_t left_bytes);
  void leave_shared_memory();
  uint64_t decode_batch(Window& window, uint64_t until);
  bool decode_scalar(const uint8_t* data, uint32_t length);
  void learn_form(Series& series, const uint8_t* data, uint64_t length, Span number);
  template <typename Bytes>
  void decode_event(const Frame& frame, Bytes& bytes);
  template <typename Bytes>
  void add_point(const Frame& frame, const Point& point, Bytes& bytes);
  template <typename Bytes>
  void add_scalar(TagEntry& entry, const Point& point, const ScalarTensor& number, Bytes& bytes);
  template <typename Bytes>
  Series& find_series(TagEntry& entry, const Point& point, bool is_scalar, Bytes& bytes);
  TagMap& tags_of(Kind kind) { return kind >= Kind::kGraphDef ? payload_tags_ : value_tags_; }
  void note_wall_time(double wall_time);

  const uint64_t start_;
  uint64_t fork_generation_ = fork_generation();
  bool planned_ = false;  // or nothing to plan from
  RecordReader reader_;
  Problems problems_;
  std::deque<Series> series_;  // a deque: references stay valid as it grows
  TagMap value_tags_;
  TagMap payload_tags_;
  SessionColumns session_starts_;
  ParsedEvent event_;  // reused
  Series* last_scalar_ = nullptr;
  uint64_t records_ = 0;
  std::optional<double> first_wall_time_;
  std::optional<double> last_wall_time_;
  std::string file_version_;
  uint32_t last_record_crc_ = 0;
  uint64_t last_record_end_ = 0;
};

}  // namespace epochal
