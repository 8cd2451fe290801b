#include "scalar_tensor.h"

#include <cmath>
#include <limits>

namespace epochal {
namespace {

enum DataType : int32_t {
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kInt64 = 9,
  kBool = 10,
  kBfloat16 = 14,
  kUint16 = 17,
  kHalf = 19,
  kUint32 = 22,
  kUint64 = 23,
};

struct Layout {
  uint32_t bytes;  // of one element in tensor_content
  uint32_t field;  // of the typed values
};

std::optional<Layout> layout_of(int32_t dtype) {
  switch (dtype) {
    case kFloat: return Layout{4, 5};
    case kDouble: return Layout{8, 6};
    case kInt32: return Layout{4, 7};
    case kUint8:
    case kInt8: return Layout{1, 7};
    case kInt16:
    case kUint16: return Layout{2, 7};
    case kInt64: return Layout{8, 10};
    case kBool: return Layout{1, 11};
    case kBfloat16:
    case kHalf: return Layout{2, 13};
    case kUint32: return Layout{4, 16};
    case kUint64: return Layout{8, 17};
    default: return std::nullopt;
  }
}

double half_to_double(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  double value;
  if (exponent == 31) {
    value = fraction ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return bits >> 15 ? -value : value;
}

// The number whose little-endian bytes are the lowest ones of `bits`.
double number_of(int32_t dtype, uint64_t bits) {
  switch (dtype) {
    case kFloat: return std::bit_cast<float>(static_cast<uint32_t>(bits));
    case kDouble: return std::bit_cast<double>(bits);
    case kInt32: return static_cast<int32_t>(bits);
    case kUint8: return static_cast<uint8_t>(bits);
    case kInt16: return static_cast<int16_t>(bits);
    case kInt8: return static_cast<int8_t>(bits);
    case kInt64: return static_cast<double>(static_cast<int64_t>(bits));
    case kBool: return bits != 0;
    case kBfloat16: return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
    case kUint16: return static_cast<uint16_t>(bits);
    case kHalf: return half_to_double(static_cast<uint16_t>(bits));
    case kUint32: return static_cast<uint32_t>(bits);
    default: return static_cast<double>(bits);
  }
}

bool has_one_element(ContiguousBytes& bytes, Span shape) {
  bool unknown_rank = false;
  bool one_element = true;
  WireReader reader(bytes, shape);
  for (Field field; reader.next(field);) {
    if (field.number == 3 && field.wire_type == kVarint) {
      unknown_rank = field.varint != 0;
    } else if (field.number == 2 && field.wire_type == kBytes) {
      int64_t size = 0;
      WireReader dim(bytes, field.span);
      for (Field inner; dim.next(inner);) {
        if (inner.number == 1 && inner.wire_type == kVarint) size = static_cast<int64_t>(inner.varint);
      }
      one_element = one_element && size == 1;
    }
  }
  return unknown_rank || one_element;
}

// The lowest bytes of the number whose typed values begin with `field`; `at` is where they stand, if they do.
std::optional<uint64_t> first_typed(ContiguousBytes& bytes, const Field& field, Layout layout, Span& at) {
  if (layout.field == 5 || layout.field == 6) {
    const uint32_t single = layout.field == 5 ? kFixed32 : kFixed64;
    if ((field.wire_type != kBytes && field.wire_type != single) || field.span.size < layout.bytes) return std::nullopt;
    at = {field.span.start, layout.bytes};
    uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + at.start, layout.bytes);
    return bits;
  }
  if (field.wire_type == kVarint) return field.varint;
  if (field.wire_type != kBytes) return std::nullopt;
  WireReader packed(bytes, field.span);
  return packed.read_varint();
}

std::optional<ScalarTensor> decode(ContiguousBytes& bytes) {
  int32_t dtype = 0;
  Span content;
  Field typed[18] = {};  // the first appearance of each field up to uint64_val; number 0 where there is none
  WireReader reader(bytes, {0, bytes.size()});
  for (Field field; reader.next(field);) {
    if (field.number == 1 && field.wire_type == kVarint) {
      dtype = static_cast<int32_t>(field.varint);
    } else if (field.number == 2 && field.wire_type == kBytes) {
      if (!has_one_element(bytes, field.span)) return std::nullopt;
    } else if (field.number == 4 && field.wire_type == kBytes) {
      content = field.span;
    } else if (field.number < std::size(typed) && typed[field.number].number == 0 && field.span.size > 0) {
      typed[field.number] = field;
    }
  }
  const std::optional<Layout> layout = layout_of(dtype);
  if (!layout) return std::nullopt;
  if (content.size > 0) {
    if (content.size != layout->bytes) return std::nullopt;
    uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + content.start, layout->bytes);
    return ScalarTensor{number_of(dtype, bits), dtype == kFloat || dtype == kDouble ? content : Span{}};
  }
  const Field& field = typed[layout->field];
  if (field.number == 0) return ScalarTensor{0.0, {}};
  Span at;
  const std::optional<uint64_t> bits = first_typed(bytes, field, *layout, at);
  if (!bits) return std::nullopt;
  return ScalarTensor{number_of(dtype, *bits), at};
}

}  // namespace

std::optional<ScalarTensor> decode_scalar_tensor(const uint8_t* data, uint64_t size) {
  ContiguousBytes bytes(data, size);
  try {
    return decode(bytes);
  } catch (const WireError&) {
    return std::nullopt;
  }
}

}  // namespace epochal
