// BLAKE2b (RFC 7693), unkeyed: the same as Python's hashlib.blake2b(data, digest_size=16).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace epochal {

using Digest = std::array<uint8_t, 16>;

Digest blake2b_128(const uint8_t* data, size_t size);

}  // namespace epochal
