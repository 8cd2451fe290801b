// Checksums, frames and the writer's RecordBuffer.
#include <optional>

#include "bindings.h"
#include "crc32c.h"
#include "encoder.h"

#include <nanobind/stl/pair.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

// From here on a computation is worth letting other threads run.
constexpr size_t kLongBytes = size_t{1} << 16;

uint32_t crc32c_of(nb::handle object) {
  const BufferView view(object);
  if (view.size() < kLongBytes) return crc32c(view.data(), view.size());
  const nb::gil_scoped_release release;
  return crc32c(view.data(), view.size());
}

nb::bytes frame_record(nb::handle object) {
  const BufferView view(object);
  nb::bytes frame = nb::steal<nb::bytes>(
      PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(view.size() + kFrameBytes)));
  if (!frame.is_valid()) throw nb::python_error();
  write_frame(view.data(), view.size(), reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(frame.ptr())));
  return frame;
}

uint64_t append_scalar(RecordBuffer& buffer, nb::str tag, double value, int64_t step, double wall_time) {
  Py_ssize_t size = 0;
  if (const char* text = PyUnicode_AsUTF8AndSize(tag.ptr(), &size)) {
    return buffer.append_scalar({text, static_cast<size_t>(size)}, value, step, wall_time);
  }
  PyErr_Clear();  // a lone surrogate, which no UTF-8 can hold
  const nb::object bytes = nb::steal(PyUnicode_AsEncodedString(tag.ptr(), "utf-8", "replace"));
  if (!bytes.is_valid()) throw nb::python_error();
  const std::string_view text(PyBytes_AS_STRING(bytes.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr())));
  return buffer.append_scalar(text, value, step, wall_time);
}

uint64_t append_record(RecordBuffer& buffer, nb::handle object) {
  const BufferView view(object);
  return buffer.append_record(view.data(), view.size());
}

// The lock is taken and left under the GIL: a fork, which happens under the GIL too, never finds it held. The GIL is
// left for the copy.
nb::bytes take(RecordBuffer& buffer, uint64_t max_bytes) {
  const RecordBuffer::Taken taken = buffer.take(max_bytes);
  nb::bytes out = nb::steal<nb::bytes>(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(taken.bytes())));
  if (!out.is_valid()) throw nb::python_error();
  uint8_t* memory = reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(out.ptr()));
  if (taken.bytes() < kLongBytes) {
    taken.copy_to(memory);
  } else {
    const nb::gil_scoped_release release;
    taken.copy_to(memory);
  }
  return out;
}

}  // namespace

void bind_checksums(nb::module_& module) {
  module.def("crc32c", &crc32c_of, "data"_a, nb::sig("def crc32c(data: bytes | bytearray | memoryview) -> int"),
             "CRC-32C of `data`, an unsigned 32-bit int.");
  module.def(
      "masked_crc32c", [](nb::handle object) { return mask_crc(crc32c_of(object)); }, "data"_a,
      nb::sig("def masked_crc32c(data: bytes | bytearray | memoryview) -> int"),
      "The masked CRC-32C that record frames store.");
  module.def(
      "crc32c_implementation", [] { return crc32c_ops().name; },
      "The instructions that compute it: \"sse4.2\", \"armv8\" or \"table\".");
  module.def("frame_record", &frame_record, "data"_a,
             nb::sig("def frame_record(data: bytes | bytearray | memoryview) -> bytes"),
             "Frame `data` as one record: 12-byte header, data, 4-byte footer.");
}

void bind_record_buffer(nb::module_& module) {
  nb::class_<RecordBuffer>(module, "RecordBuffer",
                           "A bounded, thread-safe queue of framed records, oldest first.\n\n"
                           "A record that would make more than `max_bytes` pending is dropped and counted, never "
                           "waited for.")
      .def(nb::init<uint64_t>(), "max_bytes"_a = uint64_t{64} << 20)
      // No named arguments: nanobind calls such functions with less ado, and this one in the midst of a training step.
      .def("append_scalar", &append_scalar,
           nb::sig("def append_scalar(self, tag: str, value: float, step: int, wall_time: float, /) -> int"),
           "Append Event{wall_time, step, summary{value{tag, simple_value}}}.\n\n"
           "Returns the number of records that wait now; 0 if this one was dropped. The value is stored as float32. Lone surrogates in the tag become '?'. TypeError if the step is not an "
           "int64 or a number is none.")
      .def("append_record", &append_record,
           nb::sig("def append_record(self, data: bytes | bytearray | memoryview, /) -> int"),
           "Frame and append one serialised Event; returns how many records wait now, 0 if it was dropped.")
      .def("take", &take, "max_bytes"_a,
           "Remove and return whole frames from the front, at most `max_bytes` but at least one if any.")
      .def(
          "clear",
          [](RecordBuffer& buffer) {
            const auto cleared = buffer.clear();
            return std::pair(cleared.records, cleared.bytes);
          },
          "Drop everything pending, without counting it as dropped; (records, bytes).")
      .def_prop_ro(
          "pending_bytes", [](const RecordBuffer& buffer) { return buffer.pending().bytes; },
          "Bytes of the frames that wait.")
      .def_prop_ro(
          "pending_records", [](const RecordBuffer& buffer) { return buffer.pending().records; },
          "Number of frames that wait.")
      .def_prop_ro("dropped_records", &RecordBuffer::dropped,
                   "Records refused because the buffer was full, since it was made.");
}

}  // namespace epochal
