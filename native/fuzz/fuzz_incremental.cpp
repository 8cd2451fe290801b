// A file that grows by any steps gives what it gives at once.
//
// The first bytes of the input say the steps, the rest is the file. Both readers verify payloads and differ then only
// where a record that is not all there yet contains a whole one: the incremental reader must take that for a torn
// record with others behind it, as no reader can know better. Such inputs are left out.
#include <algorithm>
#include <cstdlib>

#include "bytes.h"
#include "fuzz_common.h"

using namespace epochal;

namespace {

constexpr size_t kSteps = 4;
constexpr size_t kStepBytes = kSteps * sizeof(uint16_t);

// Whether a frame's header stands inside another frame.
bool has_nested_frames(const uint8_t* data, size_t size) {
  size_t reach = 0;
  for (size_t at = 0; at + kHeaderBytes <= size;) {
    const size_t found = crc32c_ops().find_header(data + at, size - at);
    if (found == SIZE_MAX) return false;
    at += found;
    if (at < reach) return true;
    const uint64_t length = load<uint64_t>(data + at);
    if (length < kMaxRecordBytes) reach = at + kFrameBytes + static_cast<size_t>(length);
    ++at;
  }
  return false;
}

}  // namespace

std::vector<fuzz::Bytes> seed_inputs() {
  std::vector<fuzz::Bytes> inputs = fuzz::seed_files();
  for (fuzz::Bytes& input : inputs) input.insert(input.begin(), {7, 0, 0, 0, 100, 0, 13, 1});
  return inputs;
}

size_t mutate_input(uint8_t* data, size_t size, size_t max_size, uint32_t seed) {
  size = fuzz::mutate(data, size, max_size, seed);
  if (seed % 8 && size > kStepBytes) fuzz::repair_frames(data + kStepBytes, size - kStepBytes);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kStepBytes) return 0;
  uint16_t steps[kSteps];
  std::copy_n(data, sizeof steps, reinterpret_cast<uint8_t*>(steps));
  data += kStepBytes;
  size -= kStepBytes;
  EventDecoder incremental({0, UINT64_MAX});
  size_t end = 0;
  for (size_t i = 0; end < size; ++i) {
    end = std::min(size, end + 1 + steps[i % kSteps] % 2048 + (i > 64 ? size / 16 : 0));
    MemorySource source(data, end, 0);
    incremental.decode(source, i % 3 == 1 ? 100 : UINT64_MAX);
    if (incremental.offset() > end) std::abort();
  }
  MemorySource source(data, size, 0);
  incremental.decode(source, UINT64_MAX);
  EventDecoder at_once({0, UINT64_MAX});
  at_once.decode(source, UINT64_MAX);
  const bool same = fuzz::digest(incremental) == fuzz::digest(at_once);
  if (!same && !has_nested_frames(data, size)) std::abort();
  return 0;
}
