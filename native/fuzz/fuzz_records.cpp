// Framing and resynchronisation on any bytes: nothing breaks, and nothing that was whole is lost or counted twice.
#include <cstdlib>

#include "fuzz_common.h"

using namespace epochal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  MemorySource source(data, size, 0);
  EventDecoder decoder;
  decoder.decode(source, UINT64_MAX);
  if (decoder.offset() > size) std::abort();
  // A second call finds nothing new and changes nothing.
  const uint64_t first = fuzz::digest(decoder);
  if (decoder.decode(source, UINT64_MAX) != 0 || fuzz::digest(decoder) != first) std::abort();
  // Every byte consumed belongs to a record or to a problem.
  EventDecoder verifying({0, UINT64_MAX});
  verifying.decode(source, UINT64_MAX);
  fuzz::digest(verifying);
  return 0;
}
