// EventDecoder.
#include <atomic>
#include <deque>
#include <string_view>

#include "bindings_columns.h"
#include "index_file.h"
#include "index_writer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

// An EventDecoder that refuses to be used by two threads at once instead of breaking.
class PyEventDecoder {
 public:
  PyEventDecoder(uint64_t start, bool verify_payloads)
      : decoder_({start, verify_payloads ? UINT64_MAX : kHeadOnlyAbove}) {}
  explicit PyEventDecoder(const IndexFile& index) : decoder_(index) {}

  class Use {
   public:
    explicit Use(PyEventDecoder& owner) : owner_(owner) {
      if (owner.busy_.exchange(true)) throw std::runtime_error("this EventDecoder is in use by another thread");
    }
    ~Use() { owner_.busy_.store(false); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    EventDecoder* operator->() { return &owner_.decoder_; }
    EventDecoder& operator*() { return owner_.decoder_; }

   private:
    PyEventDecoder& owner_;
  };

  Use use() { return Use(*this); }

 private:
  EventDecoder decoder_;
  std::atomic<bool> busy_ = false;
};

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
  if (index < 0 || static_cast<size_t>(index) >= decoder.series().size()) throw nb::index_error(kNoSuchTag);
  const Series& series = decoder.series()[static_cast<size_t>(index)];
  if (series.is_scalar != is_scalar) throw nb::value_error(kOtherColumns);
  return series;
}

auto scalars(PyEventDecoder& self, int64_t index) {
  auto decoder = self.use();
  const ScalarColumns& columns = get_series(*decoder, index, true).scalars;
  return std::tuple(make_array(columns.view<0>()), make_array(columns.view<1>()), make_array(columns.view<2>()));
}

auto blobs(PyEventDecoder& self, int64_t index) {
  auto decoder = self.use();
  const BlobColumns& columns = *get_series(*decoder, index, false).blobs;
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
  return make_problems(decoder->problems());
}

std::optional<PyProblem> tail_problem(PyEventDecoder& self) {
  auto decoder = self.use();
  return make_problem(decoder->tail_problem());
}

uint64_t write_index(PyEventDecoder& self, int fd, nb::bytes meta, nb::sequence summaries) {
  std::deque<BufferView> views;
  std::vector<std::string_view> texts;
  for (const nb::handle summary : summaries) {
    std::string_view& text = texts.emplace_back();
    if (summary.is_none()) continue;
    const BufferView& view = views.emplace_back(summary);
    text = {reinterpret_cast<const char*>(view.data()), view.size()};
  }
  const auto make_writer = [&] {
    auto decoder = self.use();
    if (!texts.empty() && texts.size() != decoder->series().size()) {
      throw nb::value_error("summaries has not one item for each tag");
    }
    return IndexWriter(*decoder, {meta.c_str(), meta.size()}, std::move(texts));
  };
  try {
    IndexWriter writer = make_writer();
    const nb::gil_scoped_release release;
    return writer.write(fd);
  } catch (const std::system_error& error) {
    raise_os_error(error);
  }
}

}  // namespace

void bind_event_decoder(nb::module_& module) {
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
           nb::sig(EPOCHAL_SCALARS_SIGNATURE),
           "step, wall_time, value of a scalar tag; read-only, unchanged by later calls of `decode`.")
      .def("blobs", &blobs, "index"_a,
           nb::sig(EPOCHAL_BLOBS_SIGNATURE),
           "step, wall_time, record_offset, record_bytes, value_offset, value_bytes, data_crc of a blob tag.\n\n"
           "record_offset is that of the frame, record_bytes the length of the Event in it; value_offset and\n"
           "value_bytes span the Summary.Value, or the graph, run metadata or meta graph itself, in the file.")
      .def("session_starts", &session_starts,
           nb::sig(EPOCHAL_SESSION_STARTS_SIGNATURE),
           "step, wall_time, record_offset of each SessionLog START, in file order.")
      .def("problems", &problems,
           "Damage found as (offset, lost_bytes, message), in file order; at most 1,000 and a count of more.")
      .def("write_index", &write_index, "fd"_a, "meta"_a = nb::bytes(""), "summaries"_a = nb::tuple(),
           nb::sig("def write_index(self, fd: int, meta: bytes = b'', "
                   "summaries: collections.abc.Sequence[bytes | bytearray | memoryview | None] = ()) -> int"),
           "Write all that it knows to an empty file, for `IndexFile`; return the file's size.\n\n"
           "What is written is as it was at the call: other threads may go on decoding. `meta` is the caller's own.\n"
           "`summaries` has, if anything, one item for each tag: bytes to keep beside its points, or None.\n"
           "OSError if writing fails; ValueError if the number of summaries is not that of the tags.")
      .def_static("resume", [](const IndexFile& index) { return new PyEventDecoder(index); }, "index"_a,
                  nb::rv_policy::take_ownership,
                  "A decoder that goes on where the one stopped that wrote the index, with all that it knew.\n\n"
                  "Its columns begin as views of the file's mapping.")
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
