// CRC-32C by the ARMv8 CRC instructions; this file alone is compiled for them.
#include "crc32c.h"

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>
#ifdef __linux__
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

#include "frame_check.h"

namespace {

struct ArmCrc {
  static uint32_t extend8(uint32_t state, uint64_t word) { return __crc32cd(state, word); }

  static uint32_t extend(uint32_t state, const uint8_t* data, size_t size) {
    for (; size >= 8; data += 8, size -= 8) state = __crc32cd(state, load_u64(data));
    for (; size > 0; ++data, --size) state = __crc32cb(state, *data);
    return state;
  }
};

constexpr epochal::Crc32cOps kOps{"armv8", ArmCrc::extend, verify_frames<ArmCrc>, find_header<ArmCrc>};

bool machine_has_crc() {
#ifdef __linux__
  return getauxval(AT_HWCAP) & HWCAP_CRC32;
#else
  return true;  // every Apple and Windows ARM64 machine has them
#endif
}

}  // namespace

const epochal::Crc32cOps* epochal::crc32c_arm_ops() { return machine_has_crc() ? &kOps : nullptr; }

#else

const epochal::Crc32cOps* epochal::crc32c_arm_ops() { return nullptr; }

#endif
