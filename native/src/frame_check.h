// The loops behind Crc32cOps, over a policy `Crc` with extend(state, data, size) and extend8(state, uint64).
//
// Included only by the crc32c_*.cpp files, each compiled for other instructions: everything here has internal
// linkage, so that the linker can never pick one file's instructions for another.
#pragma once

#include <cstring>

#include "crc32c.h"

namespace {

inline uint64_t load_u64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline uint32_t load_u32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline uint32_t mask(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

constexpr uint32_t kZeroLengthCrc = 0x07980329u;  // the masked CRC of eight zero bytes

template <typename Crc>
size_t verify_frames(const uint8_t* data, size_t size, uint32_t max_length, epochal::FrameRef* frames,
                     size_t capacity) {
  size_t count = 0;
  size_t at = 0;
  while (count < capacity && size - at >= epochal::kFrameBytes) {
    const uint8_t* header = data + at;
    const uint64_t length = load_u64(header);
    if (length > max_length || length > size - at - epochal::kFrameBytes) break;
    if (mask(~Crc::extend8(~0u, length)) != load_u32(header + 8)) break;
    const uint8_t* payload = header + epochal::kHeaderBytes;
    if (mask(~Crc::extend(~0u, payload, length)) != load_u32(payload + length)) break;
    frames[count++] = {static_cast<uint32_t>(at), static_cast<uint32_t>(length)};
    at += epochal::kFrameBytes + length;
  }
  return count;
}

template <typename Crc>
size_t find_header(const uint8_t* data, size_t size) {
  for (size_t at = 0; at + epochal::kHeaderBytes <= size; ++at) {
    const uint64_t length = load_u64(data + at);
    if (length >> 32) continue;  // saves a CRC at nearly every offset
    if (length == 0 && load_u32(data + at + 8) != kZeroLengthCrc) continue;  // and in long runs of zeros
    if (mask(~Crc::extend8(~0u, length)) == load_u32(data + at + 8)) return at;
  }
  return SIZE_MAX;
}

}  // namespace
