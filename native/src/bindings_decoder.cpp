// EventDecoder and TagInfo.
#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>
#include <vector>

#include "bindings.h"
#include "event_decoder.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

template <typename T>
using Array = nb::ndarray<nb::numpy, const T, nb::ndim<1>>;

// A read-only array over a column as it is now; the array keeps the column's block alive.
template <typename T>
Array<T> make_array(ColumnView<T> view) {
  using Owner = std::shared_ptr<Block>;
  nb::capsule owner(new Owner(std::move(view.block)), [](void* held) noexcept { delete static_cast<Owner*>(held); });
  return Array<T>(view.data, {view.size}, owner);
}

nb::str decode_text(const std::string& text) {
  PyObject* decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (decoded == nullptr) throw nb::python_error();
  return nb::steal<nb::str>(decoded);
}

using PyProblem = std::tuple<uint64_t, uint64_t, nb::str>;

PyProblem make_problem(const Problem& problem) {
  return {problem.offset, problem.lost_bytes, decode_text(problem.message)};
}

// A copy of what the decoder knows about a tag, so that it stays as it is.
struct TagInfo {
  uint32_t index;
  std::string tag;
  Kind kind;
  bool is_scalar;
  size_t points;
  int32_t dtype;
  Metadata metadata;
};

// An EventDecoder that refuses to be used by two threads at once instead of breaking.
class PyEventDecoder {
 public:
  PyEventDecoder(uint64_t start, bool verify_payloads)
      : decoder_({start, verify_payloads ? UINT64_MAX : kHeadOnlyAbove}) {}

  class Use {
   public:
    explicit Use(PyEventDecoder& owner) : owner_(owner) {
      if (owner.busy_.exchange(true)) throw std::runtime_error("this EventDecoder is in use by another thread");
    }
    ~Use() { owner_.busy_.store(false); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    EventDecoder* operator->() { return &owner_.decoder_; }

   private:
    PyEventDecoder& owner_;
  };

  Use use() { return Use(*this); }

 private:
  EventDecoder decoder_;
  std::atomic<bool> busy_ = false;
};

[[noreturn]] void raise_os_error(const std::system_error& error) {
#ifdef _WIN32
  PyErr_SetFromWindowsErr(error.code().value());
#else
  errno = error.code().value();
  PyErr_SetFromErrno(PyExc_OSError);
#endif
  throw nb::python_error();
}

uint64_t decode_file(PyEventDecoder& self, int fd, int64_t max_bytes) {
  auto decoder = self.use();
  try {
    const nb::gil_scoped_release release;
    FileSource source(fd);
    return decoder->decode(source, max_bytes > 0 ? static_cast<uint64_t>(max_bytes) : 0);
  } catch (const std::system_error& error) {
    raise_os_error(error);
  }
}

uint64_t decode_bytes(PyEventDecoder& self, nb::handle object, uint64_t base_offset) {
  auto decoder = self.use();
  const BufferView view(object);
  if (base_offset > decoder->offset()) throw nb::value_error("base_offset lies beyond the bytes that were decoded");
  const nb::gil_scoped_release release;
  MemorySource source(view.data(), view.size(), base_offset);
  return decoder->decode(source, UINT64_MAX);
}

const Series& get_series(EventDecoder& decoder, int64_t index, bool is_scalar) {
  if (index < 0 || static_cast<size_t>(index) >= decoder.series().size()) throw nb::index_error("no such tag");
  const Series& series = decoder.series()[static_cast<size_t>(index)];
  if (series.is_scalar != is_scalar) throw nb::value_error("scalars() is for scalar tags, blobs() for the others");
  return series;
}

auto scalars(PyEventDecoder& self, int64_t index) {
  auto decoder = self.use();
  const ScalarColumns& columns = get_series(*decoder.operator->(), index, true).scalars;
  return std::tuple(make_array(columns.view<0>()), make_array(columns.view<1>()), make_array(columns.view<2>()));
}

auto blobs(PyEventDecoder& self, int64_t index) {
  auto decoder = self.use();
  const BlobColumns& columns = *get_series(*decoder.operator->(), index, false).blobs;
  return std::tuple(make_array(columns.view<0>()), make_array(columns.view<1>()), make_array(columns.view<2>()),
                    make_array(columns.view<3>()), make_array(columns.view<4>()), make_array(columns.view<5>()),
                    make_array(columns.view<6>()));
}

auto session_starts(PyEventDecoder& self) {
  auto decoder = self.use();
  const SessionColumns& columns = decoder->session_starts();
  return std::tuple(make_array(columns.view<0>()), make_array(columns.view<1>()), make_array(columns.view<2>()));
}

std::vector<TagInfo> tags(PyEventDecoder& self) {
  auto decoder = self.use();
  std::vector<TagInfo> out;
  for (const Series& series : decoder->series()) {
    const Metadata* metadata = decoder->metadata_of(series);
    out.push_back({static_cast<uint32_t>(out.size()), series.tag, series.kind, series.is_scalar, series.points(),
                   series.dtype, metadata ? *metadata : Metadata{}});
  }
  return out;
}

std::vector<size_t> point_counts(PyEventDecoder& self) {
  auto decoder = self.use();
  std::vector<size_t> counts;
  for (const Series& series : decoder->series()) counts.push_back(series.points());
  return counts;
}

std::vector<PyProblem> problems(PyEventDecoder& self) {
  auto decoder = self.use();
  std::vector<PyProblem> out;
  for (const Problem& problem : decoder->problems()) out.push_back(make_problem(problem));
  return out;
}

std::optional<PyProblem> tail_problem(PyEventDecoder& self) {
  auto decoder = self.use();
  const std::optional<Problem>& problem = decoder->tail_problem();
  return problem ? std::optional(make_problem(*problem)) : std::nullopt;
}

void bind_tag_info(nb::module_& module) {
  const auto bytes = [](const std::string& text) { return nb::bytes(text.data(), text.size()); };
  nb::class_<TagInfo>(module, "TagInfo",
                      "What a file says about one tag of one kind; the metadata is the first that the file gives for "
                      "the tag.\n\n"
                      "kind is what the first point is: \"simple_value\", \"tensor\", \"image\", \"histo\", \"audio\", "
                      "\"metadata\" (a\nvalue with neither of them, as hparams write), \"graph_def\", "
                      "\"run_metadata\" or \"meta_graph\". is_scalar\nsays whether `scalars(index)` or `blobs(index)` "
                      "has the points. dtype is the DataType of the first\ntensor, 0 without one. plugin_name is as "
                      "stored, \"\" without metadata.")
      .def_ro("index", &TagInfo::index)
      .def_prop_ro("tag", [bytes](const TagInfo& info) { return bytes(info.tag); })
      .def_prop_ro("kind", [](const TagInfo& info) { return kind_name(info.kind); })
      .def_ro("is_scalar", &TagInfo::is_scalar)
      .def_ro("points", &TagInfo::points)
      .def_prop_ro("plugin_name", [](const TagInfo& info) { return decode_text(info.metadata.plugin_name); })
      .def_prop_ro("plugin_content", [bytes](const TagInfo& info) { return bytes(info.metadata.content); })
      .def_prop_ro("display_name", [](const TagInfo& info) { return decode_text(info.metadata.display_name); })
      .def_prop_ro("description", [](const TagInfo& info) { return decode_text(info.metadata.description); })
      .def_prop_ro("data_class", [](const TagInfo& info) { return info.metadata.data_class; })
      .def_ro("dtype", &TagInfo::dtype)
      .def("__repr__", [](const TagInfo& info) {
        const nb::bytes tag(info.tag.data(), info.tag.size());
        return nb::str("<TagInfo {} {!r} {} of {} points>").format(info.index, tag, kind_name(info.kind), info.points);
      });
}

}  // namespace

void bind_event_decoder(nb::module_& module) {
  bind_tag_info(module);
  nb::class_<PyEventDecoder>(module, "EventDecoder",
                             "Decodes one event file, from `offset` on, call by call as the file grows.\n\n"
                             "Not to be used by two threads at once (RuntimeError); what it returned may be. The GIL is "
                             "released while\ndecoding. `verify_payloads` computes the data CRC of large records too.")
      .def(nb::init<uint64_t, bool>(), "start"_a = 0, "verify_payloads"_a = false)
      .def("decode", &decode_file, "fd"_a, "max_bytes"_a = INT64_MAX,
           "Decode what the file holds from `offset` on; return the number of events.\n\n"
           "Stops after the record with which at least `max_bytes` are consumed. OSError if reading fails.")
      .def("decode_bytes", &decode_bytes, "data"_a, "base_offset"_a = 0,
           nb::sig("def decode_bytes(self, data: bytes | bytearray | memoryview, base_offset: int = 0) -> int"),
           "Decode the same from memory: `data` stands for the file from `base_offset` (≤ `offset`) on.")
      .def("tags", &tags,
           "All tags in order of first appearance; a tag with points of several kinds is there for each.")
      .def("point_counts", &point_counts, "The number of points of each tag, by index; cheaper than `tags()`.")
      .def("scalars", &scalars, "index"_a,
           nb::sig("def scalars(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], "
                   "numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]"),
           "step, wall_time, value of a scalar tag; read-only, unchanged by later calls of `decode`.")
      .def("blobs", &blobs, "index"_a,
           nb::sig("def blobs(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], "
                   "numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64], "
                   "numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], "
                   "numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint32]]"),
           "step, wall_time, record_offset, record_bytes, value_offset, value_bytes, data_crc of a blob tag.\n\n"
           "record_offset is that of the frame, record_bytes the length of the Event in it; value_offset and\n"
           "value_bytes span the Summary.Value, or the graph, run metadata or meta graph itself, in the file.")
      .def("session_starts", &session_starts,
           nb::sig("def session_starts(self) -> tuple[numpy.typing.NDArray[numpy.int64], "
                   "numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64]]"),
           "step, wall_time, record_offset of each SessionLog START, in file order.")
      .def("problems", &problems,
           "Damage found as (offset, lost_bytes, message), in file order; at most 1,000 and a count of more.")
      .def("trim", [](PyEventDecoder& self) { self.use()->trim(); },
           "Give back the room that small columns keep for growing; call it once, when a file was read to its end.")
      .def_prop_ro("offset", [](PyEventDecoder& self) { return self.use()->offset(); }, "The first byte not consumed.")
      .def_prop_ro("records", [](PyEventDecoder& self) { return self.use()->records(); }, "Events decoded so far.")
      .def_prop_ro("first_wall_time", [](PyEventDecoder& self) { return self.use()->first_wall_time(); },
                   "The first finite wall_time of an event.")
      .def_prop_ro("last_wall_time", [](PyEventDecoder& self) { return self.use()->last_wall_time(); },
                   "The last finite wall_time of an event.")
      .def_prop_ro("file_version", [](PyEventDecoder& self) { return decode_text(self.use()->file_version()); },
                   "As in the first event that has one, \"\" before.")
      .def_prop_ro("last_record_crc", [](PyEventDecoder& self) { return self.use()->last_record_crc(); },
                   "The masked data CRC that the last whole record stores.")
      .def_prop_ro("last_record_end", [](PyEventDecoder& self) { return self.use()->last_record_end(); },
                   "Where that record ends; its CRC is the four bytes before. 0 before the first.")
      .def_prop_ro("tail_problem", &tail_problem,
                   "What is wrong with the bytes from `offset` on, as (offset, bytes, message).\n\n"
                   "None if nothing is, or if a record is merely not all there yet.");
}

}  // namespace epochal
