// Framing and resynchronisation on any bytes: nothing breaks, and nothing that was whole is lost or counted twice.
#include <cstdlib>

#include "fuzz_common.h"

using namespace epochal;

std::vector<fuzz::Bytes> seed_inputs() { return fuzz::seed_files(); }

size_t mutate_input(uint8_t* data, size_t size, size_t max_size, uint32_t seed) {
  size = fuzz::mutate(data, size, max_size, seed);
  if (seed % 8) fuzz::repair_frames(data, size);
  return size;
}

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
