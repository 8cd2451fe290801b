// IndexFile.
#include "bindings_columns.h"
#include "index_file.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

nb::bytes make_bytes(std::string_view text) { return nb::bytes(text.data(), text.size()); }

void open_index(IndexFile* self, int fd) {
  try {
    new (self) IndexFile(std::make_shared<MappedFile>(fd));
  } catch (const std::system_error& error) {
    raise_os_error(error);
  } catch (const BadIndex& error) {
    throw nb::value_error((std::string("not an index that can be used: ") + error.what()).c_str());
  }
}

size_t get_series(const IndexFile& index, int64_t series) {
  if (series < 0 || static_cast<size_t>(series) >= index.series_count()) throw nb::index_error(kNoSuchTag);
  return static_cast<size_t>(series);
}

// The columns of one series; Types are their elements' types.
template <typename... Types>
std::tuple<Array<Types>...> columns(const IndexFile& index, int64_t number, bool is_scalar) {
  const size_t series = get_series(index, number);
  if (index.is_scalar(series) != is_scalar) throw nb::value_error(kOtherColumns);
  const IndexColumns columns = index.columns(series);
  size_t next = 0;
  const auto make = [&]<typename T>(const T*) {
    return make_array(reinterpret_cast<const T*>(columns.data[next++]), columns.points, index.file());
  };
  return std::tuple<Array<Types>...>{make(static_cast<const Types*>(nullptr))...};
}

template <typename T>
Array<T> copy_session_column(const IndexFile& index, size_t column) {
  const size_t count = static_cast<size_t>(index.header().session_starts);
  auto values = std::make_shared<std::vector<T>>(count);
  const uint8_t* const starts = index.state().session_starts + column * count * sizeof(T);
  if (count > 0) std::memcpy(values->data(), starts, count * sizeof(T));
  const T* const data = values->data();
  return make_array(data, count, std::move(values));
}

std::vector<TagInfo> tags(const IndexFile& index) {
  std::vector<TagInfo> out;
  for (const IndexTag& tag : index.tags()) {
    out.push_back({static_cast<uint32_t>(out.size()), std::string(tag.tag), tag.kind, tag.is_scalar,
                   index.points(out.size()), tag.dtype, tag.metadata()});
  }
  return out;
}

std::vector<size_t> point_counts(const IndexFile& index) {
  std::vector<size_t> counts(index.series_count());
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = index.points(i);
  return counts;
}

std::optional<double> wall_time(const IndexFile& index, double IndexHeader::*field) {
  if (!(index.header().flags & kHasWallTime)) return std::nullopt;
  return index.header().*field;
}

}  // namespace

void bind_index_file(nb::module_& module) {
  nb::class_<IndexFile>(module, "IndexFile",
                        "What `EventDecoder.write_index` wrote, mapped: reads as the decoder did, decodes nothing.\n\n"
                        "Arrays keep the mapping alive; `fd` may be closed. ValueError if the bytes are no index that "
                        "this version can use\n(all is checked but the columns' bytes: see `check`), OSError if they "
                        "cannot be mapped. Any thread may use it.")
      .def("__init__", &open_index, "fd"_a)
      .def("tags", &tags, "As of `EventDecoder`.")
      .def("point_counts", &point_counts, "As of `EventDecoder`.")
      .def("scalars",
           [](const IndexFile& self, int64_t index) { return columns<int64_t, double, double>(self, index, true); },
           "index"_a, nb::sig(EPOCHAL_SCALARS_SIGNATURE), "As of `EventDecoder`.")
      .def("blobs",
           [](const IndexFile& self, int64_t index) {
             return columns<int64_t, double, uint64_t, uint64_t, uint64_t, uint64_t, uint32_t>(self, index, false);
           },
           "index"_a, nb::sig(EPOCHAL_BLOBS_SIGNATURE), "As of `EventDecoder`.")
      .def("summary",
           [](const IndexFile& self, int64_t index) -> std::optional<Array<uint8_t>> {
             const std::string_view text = self.summary(get_series(self, index));
             if (text.empty()) return std::nullopt;
             return make_array(reinterpret_cast<const uint8_t*>(text.data()), text.size(), self.file());
           },
           "index"_a,
           nb::sig("def summary(self, index: int) -> numpy.typing.NDArray[numpy.uint8] | None"),
           "The bytes that were given to keep beside the tag's points, 64-byte aligned; None without any.")
      .def("check",
           [](const IndexFile& self, int64_t index) {
             const size_t series = get_series(self, index);
             const nb::gil_scoped_release release;
             return self.check(series);
           },
           "index"_a, "Whether the tag's columns and summary are what was written; reads them all.")
      .def("session_starts",
           [](const IndexFile& self) {
             return std::tuple(copy_session_column<int64_t>(self, 0), copy_session_column<double>(self, 1),
                               copy_session_column<uint64_t>(self, 2));
           },
           nb::sig(EPOCHAL_SESSION_STARTS_SIGNATURE), "As of `EventDecoder`.")
      .def("problems", [](const IndexFile& self) { return make_problems(self.state().decoder.problems.list()); },
           "As of `EventDecoder`.")
      .def_prop_ro("meta", [](const IndexFile& self) { return make_bytes(self.meta()); },
                   "The bytes that the writer of the index gave it.")
      .def_prop_ro("tags_digest",
                   [](const IndexFile& self) {
                     const IndexHeader& header = self.header();
                     return nb::bytes(header.tags_digest, sizeof header.tags_digest);
                   },
                   "16 bytes that are the same when `tags()` are the same but for their `points`.")
      .def_prop_ro("offset", [](const IndexFile& self) { return self.header().offset; }, "As of `EventDecoder`.")
      .def_prop_ro("records", [](const IndexFile& self) { return self.header().records; }, "As of `EventDecoder`.")
      .def_prop_ro("first_wall_time",
                   [](const IndexFile& self) { return wall_time(self, &IndexHeader::first_wall_time); },
                   "As of `EventDecoder`.")
      .def_prop_ro("last_wall_time",
                   [](const IndexFile& self) { return wall_time(self, &IndexHeader::last_wall_time); },
                   "As of `EventDecoder`.")
      .def_prop_ro("file_version", [](const IndexFile& self) { return decode_text(self.state().decoder.file_version); },
                   "As of `EventDecoder`.")
      .def_prop_ro("last_record_crc", [](const IndexFile& self) { return self.header().last_record_crc; },
                   "As of `EventDecoder`.")
      .def_prop_ro("last_record_end", [](const IndexFile& self) { return self.header().last_record_end; },
                   "As of `EventDecoder`.")
      .def_prop_ro("tail_problem",
                   [](const IndexFile& self) { return make_problem(self.state().decoder.progress.tail_problem); },
                   "As of `EventDecoder`, when the index was written.");
}

}  // namespace epochal
