// Summaries of NumPy columns, and their reduction to what a chart can show.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.h"
#include "downsample.h"
#include "series_summary.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/variant.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

template <typename T>
using Input = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Positions = std::variant<Input<double>, Input<int64_t>>;  // what is neither is converted to the first
using Values = std::variant<Input<double>, Input<float>>;
using Output = nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>;

template <typename T>
std::span<const T> span_of(const Input<T>& input) {
  return {input.data(), input.shape(0)};
}

Axis make_axis(const Positions& x, double origin) {
  if (const auto* steps = std::get_if<Input<int64_t>>(&x)) {
    if (origin != 0) throw nb::value_error("only times have an origin");
    return StepAxis{span_of(*steps)};
  }
  return TimeAxis{span_of(std::get<Input<double>>(x)), origin};
}

size_t length_of(const Values& values) {
  return std::visit([](const auto& input) { return input.shape(0); }, values);
}

Heights make_heights(const Values& values, const Extremes* extremes) {
  if (extremes != nullptr && static_cast<size_t>(extremes->size()) != length_of(values)) {
    throw nb::value_error("the extremes are of another column");
  }
  Heights heights;
  heights.extremes = extremes;
  std::visit([&](const auto& input) { heights.values = span_of(input); }, values);
  return heights;
}

Output m4(const Positions& x, const Values& y, double lo, double bucket_width, int64_t buckets, double origin,
          const Extremes* extremes, const std::optional<Values>& smoothed, const Extremes* smoothed_extremes) {
  const Axis axis = make_axis(x, origin);
  const size_t length = std::visit([](const auto& input) { return input.shape(0); }, x);
  if (length_of(y) != length || (smoothed && length_of(*smoothed) != length)) {
    throw nb::value_error("x and y differ in length");
  }
  if (!(bucket_width > 0 && buckets > 0)) throw nb::value_error("bucket_width and buckets must be positive");
  std::vector<Heights> columns = {make_heights(y, extremes)};
  if (smoothed) columns.push_back(make_heights(*smoothed, smoothed_extremes));
  auto indices = std::make_unique<std::vector<int64_t>>();
  {
    const nb::gil_scoped_release release;
    *indices = m4_indices(axis, columns, lo, bucket_width, buckets);
  }
  int64_t* data = indices->data();
  const size_t size = indices->size();
  nb::capsule owner(indices.release(), [](void* held) noexcept { delete static_cast<std::vector<int64_t>*>(held); });
  return Output(data, {size}, owner);
}

Extremes make_extremes(const Values& values, const Extremes* previous) {
  return std::visit(
      [&](const auto& input) {
        const auto span = span_of(input);
        const nb::gil_scoped_release release;
        return Extremes::make(span, previous);
      },
      values);
}

SeriesSummary make_summary(const Input<int64_t>& step, const Input<double>& wall_time, const Input<double>& value,
                           const SeriesSummary* previous) {
  if (step.shape(0) != value.shape(0) || wall_time.shape(0) != value.shape(0)) {
    throw nb::value_error("the columns differ in length");
  }
  const nb::gil_scoped_release release;
  return SeriesSummary::make(span_of(step), span_of(wall_time), span_of(value), previous);
}

nb::bytes make_bytes(const std::vector<uint8_t>& bytes) { return nb::bytes(bytes.data(), bytes.size()); }

SeriesSummary read_summary(const nb::object& data) {
  const BufferView view(data);
  return SeriesSummary::from_bytes({view.data(), view.size()});
}

}  // namespace

#define EPOCHAL_FLOATS "numpy.typing.NDArray[numpy.float64]"
#define EPOCHAL_INTS "numpy.typing.NDArray[numpy.int64]"
#define EPOCHAL_VALUES "numpy.typing.NDArray[numpy.float64] | numpy.typing.NDArray[numpy.float32]"

void bind_series_summary(nb::module_& module) {
  nb::class_<Extremes>(module, "Extremes",
                       "Lowest and highest value, and which values are not finite, of stretches of a column.\n\n"
                       "With them, m4_indices and bounds look at few points of a long column. Immutable; made by\n"
                       "make_extremes or part of a SeriesSummary, and to be used with that column only.")
      .def("__len__", [](const Extremes& self) { return self.size(); })
      .def_prop_ro("nbytes", [](const Extremes& self) { return Extremes::bytes_for(self.size()); },
                   "Bytes that it holds: 1/64 of those of a long float64 column.")
      .def("bounds",
           [](const Extremes& self, const Values& values, int64_t first, int64_t last) {
             const Heights heights = make_heights(values, &self);
             if (!(0 <= first && first <= last && last <= self.size())) throw nb::index_error("no such range");
             const nb::gil_scoped_release release;
             return find_bounds(heights, first, last);
           },
           "values"_a, "first"_a, "last"_a,
           nb::sig("def bounds(self, values: " EPOCHAL_VALUES
                   ", first: int, last: int) -> tuple[float, float] | None"),
           "The smallest and largest finite of values[first:last]; None without any. IndexError if out of range.");
  nb::class_<SeriesSummary>(module, "SeriesSummary",
                            "What charts ask of all of a series' points. Immutable; made by make_summary.")
      .def("__len__", [](const SeriesSummary& self) { return self.extremes.size(); })
      .def_prop_ro("nan", [](const SeriesSummary& self) { return self.facts.nan; }, "How many values are NaN.")
      .def_prop_ro("pos_inf", [](const SeriesSummary& self) { return self.facts.pos_inf; }, "How many are +Inf.")
      .def_prop_ro("neg_inf", [](const SeriesSummary& self) { return self.facts.neg_inf; }, "How many are -Inf.")
      .def_prop_ro("first_nonfinite_step", [](const SeriesSummary& self) { return self.facts.first_nonfinite_step; },
                   "The step of the first of them; None without.")
      .def_prop_ro("first_wall_time", [](const SeriesSummary& self) { return self.facts.first_wall_time; },
                   "The first finite wall_time, NaN without.")
      .def_prop_ro("wall_time_ascends", [](const SeriesSummary& self) { return self.facts.wall_time_ascends; },
                   "wall_time never falls and is never NaN.")
      .def_prop_ro("is_float32", [](const SeriesSummary& self) { return self.extremes.is_float32(); },
                   "No value loses anything as float32.")
      .def_prop_ro("extremes", [](const SeriesSummary& self) -> const Extremes& { return self.extremes; },
                   nb::rv_policy::reference_internal, "Those of the values.")
      .def_prop_ro("nbytes", [](const SeriesSummary& self) { return self.to_bytes_size(); },
                   "The length of to_bytes().")
      .def("to_bytes", [](const SeriesSummary& self) { return make_bytes(self.to_bytes()); },
           "All of it, for from_buffer. The layout is in native/src/series_summary.cpp.")
      .def_static("from_buffer", &read_summary, "data"_a,
                  nb::sig("def from_buffer(data: bytes | bytearray | memoryview) -> SeriesSummary"),
                  "The summary of which `data` are the bytes; they are copied. ValueError for anything else.");
}

void bind_series_functions(nb::module_& module) {
  bind_series_summary(module);
  module.def("make_extremes", &make_extremes, "values"_a, "previous"_a.none() = nb::none(),
             nb::sig("def make_extremes(values: " EPOCHAL_VALUES ", previous: Extremes | None = None) -> Extremes"),
             "The extremes of a column. `previous`, those of its beginning, saves looking at that again.\n\n"
             "ValueError if `previous` is of more values.");
  module.def("make_summary", &make_summary, "step"_a, "wall_time"_a, "value"_a, "previous"_a.none() = nb::none(),
             nb::sig("def make_summary(step: " EPOCHAL_INTS ", wall_time: " EPOCHAL_FLOATS ", value: " EPOCHAL_FLOATS
                     ", previous: SeriesSummary | None = None) -> SeriesSummary"),
             "The summary of a series' columns. `previous`, that of their beginning, saves looking at that again.\n\n"
             "ValueError if the columns differ in length, or `previous` is of more points.");
  module.def(
      "find_range",
      [](const Positions& x, double lo, double hi, double origin) {
        const Axis axis = make_axis(x, origin);
        const nb::gil_scoped_release release;
        return find_range(axis, lo, hi);
      },
      "x"_a, "lo"_a, "hi"_a, nb::kw_only(), "origin"_a = 0.0,
      nb::sig("def find_range(x: " EPOCHAL_INTS " | " EPOCHAL_FLOATS
              ", lo: float, hi: float, *, origin: float = 0.0) -> tuple[int, int]"),
      "(first, last): the points with lo <= x - origin <= hi are [first, last). `x` neither descends nor is NaN.\n\n"
      "Only times, float64, may have an origin. Steps are compared as float64.");
  module.def("m4_indices", &m4, "x"_a, "y"_a, "lo"_a, "bucket_width"_a, "buckets"_a, nb::kw_only(), "origin"_a = 0.0,
             "extremes"_a.none() = nb::none(), "smoothed"_a.none() = nb::none(),
             "smoothed_extremes"_a.none() = nb::none(),
             nb::sig("def m4_indices(x: " EPOCHAL_INTS " | " EPOCHAL_FLOATS ", y: " EPOCHAL_VALUES
                     ", lo: float, bucket_width: float, buckets: int, *, origin: float = 0.0, "
                     "extremes: Extremes | None = None, smoothed: " EPOCHAL_VALUES
                     " | None = None, smoothed_extremes: Extremes | None = None) -> " EPOCHAL_INTS),
             "Indices of the points that draw a series pixel for pixel (M4: first, last, min, max of each bucket).\n\n"
             "Bucket i is [lo + i*bucket_width, lo + (i+1)*bucket_width), i.e. i = floor((x - origin - lo) /\n"
             "bucket_width), in float64. Of each: the first and last point, and of `y` and of `smoothed` the first\n"
             "smallest and first largest finite value, the first NaN, +Inf and -Inf. Of the points outside, the\n"
             "nearest one on each side. Sorted, without repeats. `x` neither descends nor is NaN. With the columns'\n"
             "extremes the answer is the same, and sooner there. ValueError if lengths differ, or the width or\n"
             "number of buckets is not positive.");
}

}  // namespace epochal
