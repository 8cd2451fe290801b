// CRC-32C (Castagnoli) and the frame checks built on it, by the best instructions that the machine has.
//
// Masking as in TensorFlow (tsl/lib/hash/crc32c.h): rotate right by 15 bits, add a constant.
#pragma once

#include <cstddef>
#include <cstdint>

namespace epochal {

inline constexpr size_t kHeaderBytes = 12;  // uint64 length, uint32 masked CRC of it
inline constexpr size_t kFooterBytes = 4;   // uint32 masked CRC of the data
inline constexpr size_t kFrameBytes = kHeaderBytes + kFooterBytes;

// A whole record in a window of bytes: where its frame starts, how long its data are.
struct FrameRef {
  uint32_t offset;
  uint32_t length;
};

// One implementation per instruction set; all give the same results.
struct Crc32cOps {
  const char* name;
  // CRC-32C of `size` more bytes, from and to an inverted running value (start with ~0, invert at the end).
  uint32_t (*extend)(uint32_t state, const uint8_t* data, size_t size);
  // Up to `capacity` successive frames from data[0] on that are whole, at most `max_length` long and whose two
  // CRCs match; stops at the first that is not.
  size_t (*verify_frames)(const uint8_t* data, size_t size, uint32_t max_length, FrameRef* frames, size_t capacity);
  // The first i with i + 12 <= size at which a header with a matching CRC and a length below 4 GiB stands, else
  // SIZE_MAX.
  size_t (*find_header)(const uint8_t* data, size_t size);
};

const Crc32cOps& crc32c_ops();        // the best for this machine
const Crc32cOps& crc32c_table_ops();  // the portable one, for tests
const Crc32cOps* crc32c_sse42_ops();  // null where the compiler or the machine lacks it
const Crc32cOps* crc32c_arm_ops();

inline uint32_t mask_crc(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

inline uint32_t crc32c(const uint8_t* data, size_t size) { return ~crc32c_ops().extend(~0u, data, size); }

inline uint32_t masked_crc32c(const uint8_t* data, size_t size) { return mask_crc(crc32c(data, size)); }

}  // namespace epochal
