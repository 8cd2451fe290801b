#include "bindings.h"

namespace nb = nanobind;

NB_MODULE(_core, module) {
  module.doc() = "The native event-file core. Import its names from epochal.events.core.";
  // A daemon thread that waits for a hung disk keeps its RecordBuffer to the end of the process: not worth a warning.
  nb::set_leak_warnings(false);
  epochal::bind_checksums(module);
  epochal::bind_record_buffer(module);
  epochal::bind_column_memory(module);
  epochal::bind_tag_info(module);
  epochal::bind_index_file(module);
  epochal::bind_event_decoder(module);
  epochal::bind_series_functions(module);
  epochal::bind_smoothing(module);
}
