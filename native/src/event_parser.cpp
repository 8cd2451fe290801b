#include "event_parser.h"

namespace epochal {
namespace {

template <typename Bytes>
void copy_text(Bytes& bytes, Span span, std::string& out) {
  if (span.size > kTextBytes) throw WireError("text too long");
  out.resize(static_cast<size_t>(span.size));
  if (span.size > 0) bytes.copy(span.start, span.size, reinterpret_cast<uint8_t*>(out.data()));
}

Point& add_point(ParsedEvent& event, Kind kind, Span span) {
  if (event.count == kMaxValues) throw WireError("too many values");
  if (event.count == event.points.size()) event.points.emplace_back();
  Point& point = event.points[event.count++];
  point.kind = kind;
  point.has_metadata = false;
  point.tag.clear();
  point.span = span;
  point.payload = {};
  return point;
}

template <typename Bytes>
void parse_metadata(Bytes& bytes, Span span, Metadata& metadata) {
  if (span.size > kTextBytes) throw WireError("text too long");
  metadata.plugin_name.clear();
  metadata.content.clear();
  metadata.display_name.clear();
  metadata.description.clear();
  metadata.data_class = 0;
  WireReader reader(bytes, span);
  for (Field field; reader.next(field);) {
    if (field.number == 4 && field.wire_type == kVarint) {
      metadata.data_class = static_cast<int32_t>(field.varint);
    } else if (field.wire_type != kBytes) {
      continue;
    } else if (field.number == 1) {
      WireReader plugin_data(bytes, field.span);
      for (Field inner; plugin_data.next(inner);) {
        if (inner.number == 1 && inner.wire_type == kBytes) copy_text(bytes, inner.span, metadata.plugin_name);
        if (inner.number == 2 && inner.wire_type == kBytes) copy_text(bytes, inner.span, metadata.content);
      }
    } else if (field.number == 2) {
      copy_text(bytes, field.span, metadata.display_name);
    } else if (field.number == 3) {
      copy_text(bytes, field.span, metadata.description);
    }
  }
}

template <typename Bytes>
void parse_value(Bytes& bytes, Span span, ParsedEvent& event) {
  Point& point = add_point(event, Kind::kMetadata, span);
  Span tag;
  Span node_name;
  WireReader reader(bytes, span);
  for (Field field; reader.next(field);) {
    if (field.number == 2 && field.wire_type == kFixed32) {
      point.kind = Kind::kSimpleValue;
      point.value = load_at<float>(bytes, field.span.start);
      point.payload = field.span;
    }
    if (field.wire_type != kBytes) continue;
    switch (field.number) {
      case 1: tag = field.span; break;
      case 4: point.kind = Kind::kImage; break;
      case 5: point.kind = Kind::kHisto; break;
      case 6: point.kind = Kind::kAudio; break;
      case 7: node_name = field.span; break;
      case 8:
        point.kind = Kind::kTensor;
        point.payload = field.span;
        break;
      case 9:
        point.has_metadata = true;
        parse_metadata(bytes, field.span, point.metadata);
        break;
      default: break;
    }
  }
  copy_text(bytes, tag.size > 0 ? tag : node_name, point.tag);
}

template <typename Bytes>
void parse_run_metadata(Bytes& bytes, Span span, ParsedEvent& event) {
  Point& point = add_point(event, Kind::kRunMetadata, {span.end(), 0});
  WireReader reader(bytes, span);
  for (Field field; reader.next(field);) {
    if (field.number == 1 && field.wire_type == kBytes) copy_text(bytes, field.span, point.tag);
    if (field.number == 2 && field.wire_type == kBytes) point.span = field.span;
  }
}

template <typename Bytes>
void parse_payload(Bytes& bytes, const Field& payload, ParsedEvent& event) {
  switch (payload.number) {
    case 3: copy_text(bytes, payload.span, event.file_version); break;
    case 4: add_point(event, Kind::kGraphDef, payload.span).tag = "__run_graph__"; break;
    case 5: {
      WireReader reader(bytes, payload.span);
      for (Field field; reader.next(field);) {
        if (field.number == 1 && field.wire_type == kBytes) parse_value(bytes, field.span, event);
      }
      break;
    }
    case 7: {
      WireReader reader(bytes, payload.span);
      for (Field field; reader.next(field);) {
        if (field.number == 1 && field.wire_type == kVarint) {
          event.session_start = static_cast<int32_t>(field.varint) == 1;
        }
      }
      break;
    }
    case 8: parse_run_metadata(bytes, payload.span, event); break;
    case 9: add_point(event, Kind::kMetaGraph, payload.span).tag = "__meta_graph__"; break;
    default: break;
  }
}

template <typename Bytes>
void parse(Bytes& bytes, ParsedEvent& event) {
  event.wall_time = 0;
  event.step = 0;
  event.session_start = false;
  event.file_version.clear();
  event.count = 0;
  WireReader reader(bytes, {0, bytes.size()});
  for (Field field; reader.next(field);) {
    if (field.number == 1 && field.wire_type == kFixed64) {
      event.wall_time = load_at<double>(bytes, field.span.start);
    } else if (field.number == 2 && field.wire_type == kVarint) {
      event.step = static_cast<int64_t>(field.varint);
    } else if (field.wire_type == kBytes) {
      parse_payload(bytes, field, event);
    }
  }
}

template <typename Bytes>
int32_t peek(Bytes& bytes, Span tensor) {
  int32_t dtype = 0;
  try {
    WireReader reader(bytes, tensor);
    for (Field field; reader.next(field) && field.number <= 3;) {
      if (field.number == 1 && field.wire_type == kVarint) dtype = static_cast<int32_t>(field.varint);
    }
  } catch (const WireError&) {  // its values are checked when they are used
  }
  return dtype;
}

}  // namespace

const char* kind_name(Kind kind) {
  static constexpr const char* kNames[] = {"simple_value", "tensor",    "image",        "histo",     "audio",
                                           "metadata",     "graph_def", "run_metadata", "meta_graph"};
  return kNames[static_cast<size_t>(kind)];
}

void parse_event(ContiguousBytes& bytes, ParsedEvent& event) { parse(bytes, event); }
void parse_event(SparseRecord& bytes, ParsedEvent& event) { parse(bytes, event); }
int32_t peek_dtype(ContiguousBytes& bytes, Span tensor) { return peek(bytes, tensor); }
int32_t peek_dtype(SparseRecord& bytes, Span tensor) { return peek(bytes, tensor); }

}  // namespace epochal
