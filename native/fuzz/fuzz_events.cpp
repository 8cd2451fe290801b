// Decoding of one Event, framed here, so that every input reaches the parser; from contiguous memory and page by page.
#include <cstdlib>

#include "encoder.h"
#include "event_parser.h"
#include "fuzz_common.h"
#include "scalar_tensor.h"

using namespace epochal;

namespace {

template <typename Source>
bool parse(Source&& bytes, ParsedEvent& event) {
  try {
    parse_event(bytes, event);
    return true;
  } catch (const WireError&) {
    return false;
  }
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

std::vector<fuzz::Bytes> seed_inputs() { return fuzz::seed_events(); }

size_t mutate_input(uint8_t* data, size_t size, size_t max_size, uint32_t seed) {
  return fuzz::mutate(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ParsedEvent whole;
  ParsedEvent sparse;
  MemorySource source(data, size, 0);
  const bool parsed = parse(ContiguousBytes(data, size), whole);
  require(parsed == parse(SparseRecord(source, 0, size), sparse));
  if (parsed) {
    require(whole.count == sparse.count && whole.step == sparse.step && whole.file_version == sparse.file_version);
    for (size_t i = 0; i < whole.count; ++i) {
      const Point& a = whole.points[i];
      const Point& b = sparse.points[i];
      require(a.kind == b.kind && a.tag == b.tag && a.span.start == b.span.start && a.span.size == b.span.size);
      require(a.span.start <= size && a.span.size <= size - a.span.start);
    }
  }
  decode_scalar_tensor(data, size);
  // The same through the decoder, the record twice: the second takes the fast path where there is one.
  fuzz::Bytes file(2 * (size + kFrameBytes));
  write_frame(data, size, file.data());
  write_frame(data, size, file.data() + size + kFrameBytes);
  MemorySource framed(file.data(), file.size(), 0);
  EventDecoder decoder;
  decoder.decode(framed, UINT64_MAX);
  require(decoder.records() == (parsed ? 2u : 0u) && decoder.offset() == file.size());
  fuzz::digest(decoder);
  for (const Series& series : decoder.series()) require(series.points() % 2 == 0);
  return 0;
}
