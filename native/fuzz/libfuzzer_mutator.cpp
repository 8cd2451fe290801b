// libFuzzer's own mutations, or the target's, in turn.
#include "fuzz_common.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  if (seed % 2) size = LLVMFuzzerMutate(data, size, max_size);
  return mutate_input(data, size, max_size, seed / 2);
}
