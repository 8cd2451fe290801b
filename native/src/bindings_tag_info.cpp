// TagInfo.
#include "bindings_columns.h"

namespace nb = nanobind;

namespace epochal {

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

}  // namespace epochal
