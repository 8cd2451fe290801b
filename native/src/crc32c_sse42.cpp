// CRC-32C by the SSE4.2 crc32 instruction; this file alone is compiled for it.
//
// The instruction takes 3 cycles but starts every cycle, so long inputs run as three interleaved streams whose
// CRCs are then combined: appending n zero bytes is a linear map of the CRC, kept as four 256-entry tables
// (the method of Mark Adler's crc32c.c).
#include "crc32c.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <nmmintrin.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif

#include "frame_check.h"

#ifdef _MSC_VER
#define EPOCHAL_NOINLINE __declspec(noinline)
#else
#define EPOCHAL_NOINLINE __attribute__((noinline))
#endif

namespace {

constexpr size_t kLongStream = 1024;
constexpr size_t kShortStream = 128;

using Matrix = uint32_t[32];

uint32_t times(const Matrix& matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (int row = 0; vector; vector >>= 1, ++row) {
    if (vector & 1) sum ^= matrix[row];
  }
  return sum;
}

void square(Matrix& out, const Matrix& matrix) {
  for (int row = 0; row < 32; ++row) out[row] = times(matrix, matrix[row]);
}

// table[k][b] = the CRC of kBytes zeros appended to the state b << 8k; kBytes is a power of two.
template <size_t kBytes>
struct ZerosTable {
  uint32_t table[4][256];

  ZerosTable() {
    Matrix odd;
    Matrix even;
    odd[0] = 0x82F63B78u;  // one zero bit
    for (int row = 1; row < 32; ++row) odd[row] = 1u << (row - 1);
    for (size_t bits = 1; bits < 8 * kBytes; bits *= 2) {
      square(even, odd);
      std::memcpy(odd, even, sizeof odd);
    }
    for (uint32_t byte = 0; byte < 256; ++byte) {
      for (int slice = 0; slice < 4; ++slice) table[slice][byte] = times(even, byte << (8 * slice));
    }
  }

  uint32_t shift(uint32_t state) const {
    return table[0][state & 0xFF] ^ table[1][(state >> 8) & 0xFF] ^ table[2][(state >> 16) & 0xFF] ^
           table[3][state >> 24];
  }
};

template <size_t kBytes>
const ZerosTable<kBytes>& zeros_table() {
  static const ZerosTable<kBytes> table;
  return table;
}

struct Sse42Crc {
  static uint32_t extend8(uint32_t state, uint64_t word) { return static_cast<uint32_t>(_mm_crc32_u64(state, word)); }

  static uint32_t extend(uint32_t state, const uint8_t* data, size_t size) {
    if (size >= 3 * kShortStream) return extend_interleaved(state, data, size);
    return extend_serially(state, data, size);
  }

  static uint32_t extend_serially(uint32_t state, const uint8_t* data, size_t size) {
    uint64_t wide = state;
    for (; size >= 8; data += 8, size -= 8) wide = _mm_crc32_u64(wide, load_u64(data));
    uint32_t crc = static_cast<uint32_t>(wide);
    if (size & 4) {
      crc = _mm_crc32_u32(crc, load_u32(data));
      data += 4;
    }
    if (size & 2) {
      crc = _mm_crc32_u16(crc, static_cast<uint16_t>(data[0] | data[1] << 8));
      data += 2;
    }
    if (size & 1) crc = _mm_crc32_u8(crc, *data);
    return crc;
  }

  // Out of line, so that short records, which are the most, keep everything in registers.
  EPOCHAL_NOINLINE static uint32_t extend_interleaved(uint32_t state, const uint8_t* data, size_t size) {
    state = extend_streams<kLongStream>(state, data, size);
    state = extend_streams<kShortStream>(state, data, size);
    return extend_serially(state, data, size);
  }

  // Consumes as many whole triples of streams as there are.
  template <size_t kBytes>
  static uint32_t extend_streams(uint32_t state, const uint8_t*& data, size_t& size) {
    const ZerosTable<kBytes>& zeros = zeros_table<kBytes>();
    while (size >= 3 * kBytes) {
      uint64_t first = state;
      uint64_t second = 0;
      uint64_t third = 0;
      for (size_t at = 0; at < kBytes; at += 8) {
        first = _mm_crc32_u64(first, load_u64(data + at));
        second = _mm_crc32_u64(second, load_u64(data + kBytes + at));
        third = _mm_crc32_u64(third, load_u64(data + 2 * kBytes + at));
      }
      state = zeros.shift(static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
      state = zeros.shift(state) ^ static_cast<uint32_t>(third);
      data += 3 * kBytes;
      size -= 3 * kBytes;
    }
    return state;
  }
};

constexpr epochal::Crc32cOps kOps{"sse4.2", Sse42Crc::extend, verify_frames<Sse42Crc>, find_header<Sse42Crc>};

bool machine_has_sse42() {
#ifdef _MSC_VER
  int registers[4];
  __cpuid(registers, 1);
  return (registers[2] >> 20) & 1;
#else
  return __builtin_cpu_supports("sse4.2");
#endif
}

}  // namespace

const epochal::Crc32cOps* epochal::crc32c_sse42_ops() { return machine_has_sse42() ? &kOps : nullptr; }

#else

const epochal::Crc32cOps* epochal::crc32c_sse42_ops() { return nullptr; }

#endif
