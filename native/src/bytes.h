// Little-endian loads and stores on unaligned bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace epochal {

static_assert(std::endian::native == std::endian::little, "event files are read on little-endian machines");

template <typename T>
inline T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
inline void store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

}  // namespace epochal
