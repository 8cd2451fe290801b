// What an EventDecoder knows besides its series: all that it needs to go on where another one stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event_parser.h"
#include "record_reader.h"

namespace epochal {

// Metadata of a tag that has no series: all its points so far were problems.
struct LooseTag {
  bool is_payload;  // of an event's payload, not of a Summary.Value
  std::string tag;
  Metadata metadata;
};

struct DecoderState {
  RecordReader::Progress progress;
  Problems problems;
  uint64_t records = 0;
  std::optional<double> first_wall_time;
  std::optional<double> last_wall_time;
  std::string file_version;
  uint32_t last_record_crc = 0;
  uint64_t last_record_end = 0;
};

}  // namespace epochal
