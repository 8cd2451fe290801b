// Shared by the bindings_*.cpp files, which together make the Python module epochal._core.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

namespace epochal {

// A contiguous view of a bytes-like object; BufferError or TypeError if it gives none.
class BufferView {
 public:
  explicit BufferView(nanobind::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nanobind::python_error();
  }
  ~BufferView() { PyBuffer_Release(&view_); }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;

  const uint8_t* data() const { return static_cast<const uint8_t*>(view_.buf); }
  size_t size() const { return static_cast<size_t>(view_.len); }

 private:
  Py_buffer view_;
};

void bind_checksums(nanobind::module_& module);
void bind_record_buffer(nanobind::module_& module);
void bind_column_memory(nanobind::module_& module);
void bind_tag_info(nanobind::module_& module);
void bind_index_file(nanobind::module_& module);
void bind_event_decoder(nanobind::module_& module);
void bind_series_functions(nanobind::module_& module);
void bind_smoothing(nanobind::module_& module);

}  // namespace epochal
