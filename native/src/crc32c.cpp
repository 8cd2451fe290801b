// The portable CRC-32C (slicing by 8) and the choice among implementations.
#include "crc32c.h"

#include <array>

#include "frame_check.h"

namespace epochal {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0);
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < 8; ++slice) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[slice - 1][byte];
      tables[slice][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

struct TableCrc {
  static uint32_t extend8(uint32_t state, uint64_t word) {
    word ^= state;
    return kTables[7][word & 0xFF] ^ kTables[6][(word >> 8) & 0xFF] ^ kTables[5][(word >> 16) & 0xFF] ^
           kTables[4][(word >> 24) & 0xFF] ^ kTables[3][(word >> 32) & 0xFF] ^ kTables[2][(word >> 40) & 0xFF] ^
           kTables[1][(word >> 48) & 0xFF] ^ kTables[0][word >> 56];
  }

  static uint32_t extend(uint32_t state, const uint8_t* data, size_t size) {
    for (; size >= 8; data += 8, size -= 8) state = extend8(state, load_u64(data));
    for (; size > 0; ++data, --size) state = (state >> 8) ^ kTables[0][(state ^ *data) & 0xFF];
    return state;
  }
};

constexpr Crc32cOps kTableOps{"table", TableCrc::extend, verify_frames<TableCrc>, find_header<TableCrc>};

}  // namespace

const Crc32cOps& crc32c_table_ops() { return kTableOps; }

const Crc32cOps& crc32c_ops() {
  static const Crc32cOps& best = []() -> const Crc32cOps& {
    if (const Crc32cOps* ops = crc32c_sse42_ops()) return *ops;
    if (const Crc32cOps* ops = crc32c_arm_ops()) return *ops;
    return kTableOps;
  }();
  return best;
}

}  // namespace epochal
