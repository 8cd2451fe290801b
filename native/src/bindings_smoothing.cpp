// Smoothing of NumPy columns.
#include <memory>

#include "bindings.h"
#include "smoothing.h"

#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace epochal {
namespace {

using Input = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<nb::numpy, double, nb::ndim<1>>;

std::span<const double> span_of(const Input& input) { return {input.data(), input.shape(0)}; }

void check_same_length(const Input& x, const Input& y) {
  if (x.shape(0) != y.shape(0)) throw nb::value_error("x and y differ in length");
}

void check_window(int64_t window) {
  if (window < 1) throw nb::value_error("window must be at least 1");
}

// Runs `fill(double* out)` over a new array of `size` values without the GIL.
template <typename Fill>
Output make_smoothed(size_t size, Fill fill) {
  std::unique_ptr<double[]> values(new double[size]);  // not zeroed: `fill` sets each
  {
    const nb::gil_scoped_release release;
    fill(values.get());
  }
  double* data = values.release();
  nb::capsule owner(data, [](void* held) noexcept { delete[] static_cast<double*>(held); });
  return Output(data, {size}, owner);
}

}  // namespace

#define EPOCHAL_COLUMN "numpy.typing.NDArray[numpy.float64]"

void bind_smoothing(nb::module_& module) {
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
