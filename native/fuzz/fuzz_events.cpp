// Decoding of one Event, framed here, so that every input reaches the parser; from contiguous memory and page by page.
#include <cstdlib>
#include <functional>
#include <vector>

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
  (void)decode_scalar_tensor(data, size);
  // The same through the decoder, three times: the first copy may bring a tag's metadata, the second is parsed as the
  // first was, the third may be recognised by its bytes; it must add what the second added.
  fuzz::Bytes file(size + kFrameBytes);
  write_frame(data, size, file.data());
  EventDecoder decoder;
  std::vector<size_t> counts[4];  // of each series after so many copies
  fuzz::Bytes copies;
  for (std::vector<size_t>& after : {std::ref(counts[1]), std::ref(counts[2]), std::ref(counts[3])}) {
    copies.insert(copies.end(), file.begin(), file.end());
    MemorySource framed(copies.data(), copies.size(), 0);
    decoder.decode(framed, UINT64_MAX);
    for (const Series& series : decoder.series()) after.push_back(series.points());
  }
  require(decoder.records() == (parsed ? 3u : 0u) && decoder.offset() == copies.size());
  require(counts[2].size() == counts[3].size());
  for (size_t i = 0; i < counts[3].size(); ++i) {
    const size_t before = i < counts[1].size() ? counts[1][i] : 0;
    require(counts[3][i] - counts[2][i] == counts[2][i] - before);
  }
  fuzz::digest(decoder);
  return 0;
}
