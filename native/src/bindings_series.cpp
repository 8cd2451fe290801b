// Reduction and smoothing of NumPy columns.
#include <memory>
#include <vector>

#include "bindings.h"
#include "downsample.h"

#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

using Input = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <typename T>
using Output = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

std::span<const double> span_of(const Input& input) { return {input.data(), input.shape(0)}; }

void check_same_length(const Input& x, const Input& y) {
  if (x.shape(0) != y.shape(0)) throw nb::value_error("x and y differ in length");
}

void check_window(int64_t window) {
  if (window < 1) throw nb::value_error("window must be at least 1");
}

// Runs `fill(double* out)` over a new array of `size` values without the GIL.
template <typename Fill>
Output<double> make_smoothed(size_t size, Fill fill) {
  auto values = std::make_unique<double[]>(size);
  {
    const nb::gil_scoped_release release;
    fill(values.get());
  }
  double* data = values.release();
  nb::capsule owner(data, [](void* held) noexcept { delete[] static_cast<double*>(held); });
  return Output<double>(data, {size}, owner);
}

Output<int64_t> m4(const Input& x, const Input& y, double lo, double bucket_width, int64_t buckets) {
  check_same_length(x, y);
  if (!(bucket_width > 0 && buckets > 0)) throw nb::value_error("bucket_width and buckets must be positive");
  auto indices = std::make_unique<std::vector<int64_t>>();
  {
    const nb::gil_scoped_release release;
    *indices = m4_indices(span_of(x), span_of(y), lo, bucket_width, buckets);
  }
  int64_t* data = indices->data();
  const size_t size = indices->size();
  nb::capsule owner(indices.release(), [](void* held) noexcept { delete static_cast<std::vector<int64_t>*>(held); });
  return Output<int64_t>(data, {size}, owner);
}

}  // namespace

#define EPOCHAL_COLUMN "numpy.typing.NDArray[numpy.float64]"

void bind_series_functions(nb::module_& module) {
  module.def("m4_indices", &m4, "x"_a, "y"_a, "lo"_a, "bucket_width"_a, "buckets"_a,
             nb::sig("def m4_indices(x: " EPOCHAL_COLUMN ", y: " EPOCHAL_COLUMN
                     ", lo: float, bucket_width: float, buckets: int) -> numpy.typing.NDArray[numpy.int64]"),
             "Indices of the points that draw a series pixel for pixel (M4: first, last, min, max of each bucket).\n\n"
             "Bucket i is [lo + i*bucket_width, lo + (i+1)*bucket_width), i.e. i = floor((x - lo) / bucket_width).\n"
             "Of each: the first and last point, the first smallest and first largest finite y, the first NaN, +Inf\n"
             "and -Inf. Of the points outside, the nearest one on each side. Sorted, without repeats. `x` must not\n"
             "descend. ValueError if lengths differ, or the width or number of buckets is not positive.");
  module.def(
      "smooth_exponential",
      [](const Input& y, double weight) {
        return make_smoothed(y.shape(0), [&](double* out) { smooth_exponential(span_of(y), weight, out); });
      },
      "y"_a, "weight"_a, nb::sig("def smooth_exponential(y: " EPOCHAL_COLUMN ", weight: float) -> " EPOCHAL_COLUMN),
      "TensorBoard's debiased exponential moving average; `weight` in [0, 1].\n\n"
      "last = last*w + (1-w)*y, shown as last / (1 - w**n). Non-finite points pass through and are skipped; a\n"
      "constant series stays as it is.");
  module.def(
      "smooth_time_weighted",
      [](const Input& x, const Input& y, double weight) {
        check_same_length(x, y);
        return make_smoothed(y.shape(0),
                             [&](double* out) { smooth_time_weighted(span_of(x), span_of(y), weight, out); });
      },
      "x"_a, "y"_a, "weight"_a,
      nb::sig("def smooth_time_weighted(x: " EPOCHAL_COLUMN ", y: " EPOCHAL_COLUMN
              ", weight: float) -> " EPOCHAL_COLUMN),
      "Exponential moving average whose memory fades with x, not with the number of points.\n\n"
      "A step of the mean spacing of the finite points fades by `weight`; on evenly spaced points it equals\n"
      "`smooth_exponential`. Non-finite points pass through and are skipped.");
  module.def(
      "smooth_mean",
      [](const Input& y, int64_t window) {
        check_window(window);
        return make_smoothed(y.shape(0), [&](double* out) { smooth_mean(span_of(y), window, out); });
      },
      "y"_a, "window"_a, nb::sig("def smooth_mean(y: " EPOCHAL_COLUMN ", window: int) -> " EPOCHAL_COLUMN),
      "Mean of the finite points among the `window` around each (centred; fewer at the ends).");
  module.def(
      "smooth_median",
      [](const Input& y, int64_t window) {
        check_window(window);
        return make_smoothed(y.shape(0), [&](double* out) { smooth_median(span_of(y), window, out); });
      },
      "y"_a, "window"_a, nb::sig("def smooth_median(y: " EPOCHAL_COLUMN ", window: int) -> " EPOCHAL_COLUMN),
      "Median of the finite points among the `window` around each (centred; fewer at the ends).");
}

}  // namespace epochal
