// The one number in a TensorProto.
#pragma once

#include <cstdint>
#include <optional>

#include "wire_reader.h"

namespace epochal {

// A TensorProto above this is never taken for one number.
inline constexpr uint64_t kScalarTensorBytes = 4096;

struct ScalarTensor {
  double value;
  // Where the number's bytes stand in the tensor, if it is a float or a double; else empty.
  Span bytes;
};

// The number as float64 if the tensor has rank 0 or one element and a numeric type, else nothing. No value at all
// is 0, as TensorFlow has it; of several the first counts.
std::optional<ScalarTensor> decode_scalar_tensor(const uint8_t* data, uint64_t size);

}  // namespace epochal
