// One record to its points. The readable twin is src/epochal/events/reference_parse.py.
//
// Field numbers: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sparse_record.h"
#include "wire_reader.h"

namespace epochal {

// What a point holds: the first six are forms of a Summary.Value, the last three event payloads.
enum class Kind : uint8_t {
  kSimpleValue,
  kTensor,
  kImage,
  kHisto,
  kAudio,
  kMetadata,  // none of them: hparams live in the metadata alone
  kGraphDef,
  kRunMetadata,
  kMetaGraph,
};

const char* kind_name(Kind kind);

// A SummaryMetadata; text raw, as stored.
struct Metadata {
  std::string plugin_name;
  std::string content;
  std::string display_name;
  std::string description;
  int32_t data_class = 0;
};

// One Summary.Value or one event payload; spans count from the start of the record's data.
struct Point {
  Kind kind = Kind::kMetadata;
  bool has_metadata = false;
  double value = 0;  // of kSimpleValue
  std::string tag;
  Span span;         // of the Summary.Value, or of the graph, run metadata or meta graph itself
  Span payload;      // of the float of kSimpleValue, of the TensorProto of kTensor
  Metadata metadata;
};

struct ParsedEvent {
  double wall_time = 0;
  int64_t step = 0;
  bool session_start = false;
  std::string file_version;
  // The first `count` are this event's; the rest are kept from earlier ones for their memory.
  std::vector<Point> points;
  size_t count = 0;
};

// A tag or a metadata message above this is taken for damage; nothing larger is copied.
inline constexpr uint64_t kTextBytes = uint64_t{16} << 20;

// So is an event with more values than this: two bytes of nothing would take a hundred times that while it is parsed.
inline constexpr size_t kMaxValues = size_t{1} << 16;

// Parses a whole Event into `event`, replacing what it held. Throws WireError if it, or a value or metadata in it,
// is malformed.
void parse_event(ContiguousBytes& bytes, ParsedEvent& event);
void parse_event(SparseRecord& bytes, ParsedEvent& event);

// The DataType of a TensorProto from its leading fields only; 0 if they do not say.
int32_t peek_dtype(ContiguousBytes& bytes, Span tensor);
int32_t peek_dtype(SparseRecord& bytes, Span tensor);

}  // namespace epochal
