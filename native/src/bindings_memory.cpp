// The memory of columns.
#include "bindings.h"
#include "column_memory.h"

#include <nanobind/stl/pair.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

void set_memory(uint64_t limit_bytes, nb::handle spill_dir) {
  std::string dir;
  if (!spill_dir.is_none()) {
    PyObject* encoded = nullptr;
    if (!PyUnicode_FSConverter(spill_dir.ptr(), &encoded)) throw nb::python_error();
    const nb::bytes path = nb::steal<nb::bytes>(encoded);
    dir.assign(path.c_str(), path.size());
  }
  set_column_memory(limit_bytes, std::move(dir));
}

}  // namespace

void bind_column_memory(nb::module_& module) {
  module.def("set_column_memory", &set_memory, "limit_bytes"_a = kColumnMemoryLimit, "spill_dir"_a = nb::none(),
             nb::sig("def set_column_memory(limit_bytes: int = 67108864, "
                     "spill_dir: str | os.PathLike[str] | None = None) -> None"),
             "How much anonymous memory the columns of all decoders may take from now on.\n\n"
             "What goes beyond lies in unlinked files in `spill_dir`, mapped; their space is reserved, at most half "
             "of what is\nfree. Without room there, or with None (as at the start), it is anonymous after all. Only "
             "on Linux; elsewhere\nnothing is spilled.");
  module.def("column_memory",
             [] {
               const ColumnMemory memory = column_memory();
               return std::pair(memory.anonymous_bytes, memory.spilled_bytes);
             },
             "Bytes of anonymous memory and of spill files that columns take now, room for growth included.\n\n"
             "Blocks below 4 KiB are not counted.");
}

}  // namespace epochal
