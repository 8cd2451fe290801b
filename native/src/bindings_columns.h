// What EventDecoder and IndexFile give to Python: columns as arrays, tags, problems.
#pragma once

#include "bindings.h"

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "event_decoder.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

namespace epochal {

template <typename T>
using Array = nanobind::ndarray<nanobind::numpy, const T, nanobind::ndim<1>>;

// A read-only array that keeps what owns its memory alive.
template <typename T, typename Owner>
Array<T> make_array(const T* data, size_t size, std::shared_ptr<Owner> owner) {
  using Held = std::shared_ptr<Owner>;
  nanobind::capsule capsule(new Held(std::move(owner)), [](void* held) noexcept { delete static_cast<Held*>(held); });
  return Array<T>(data, {size}, capsule);
}

// The same over a column as it is now.
template <typename T>
Array<T> make_array(ColumnView<T> view) {
  return make_array(view.data, view.size, std::move(view.block));
}

inline nanobind::str decode_text(std::string_view text) {
  PyObject* decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (decoded == nullptr) throw nanobind::python_error();
  return nanobind::steal<nanobind::str>(decoded);
}

using PyProblem = std::tuple<uint64_t, uint64_t, nanobind::str>;

inline PyProblem make_problem(const Problem& problem) {
  return {problem.offset, problem.lost_bytes, decode_text(problem.message)};
}

inline std::optional<PyProblem> make_problem(const std::optional<Problem>& problem) {
  return problem ? std::optional(make_problem(*problem)) : std::nullopt;
}

inline std::vector<PyProblem> make_problems(const std::vector<Problem>& problems) {
  std::vector<PyProblem> out;
  for (const Problem& problem : problems) out.push_back(make_problem(problem));
  return out;
}

// A copy of what a decoder or index knows about a tag, so that it stays as it is.
struct TagInfo {
  uint32_t index;
  std::string tag;
  Kind kind;
  bool is_scalar;
  size_t points;
  int32_t dtype;
  Metadata metadata;
};

[[noreturn]] inline void raise_os_error(const std::system_error& error) {
#ifdef _WIN32
  PyErr_SetFromWindowsErr(error.code().value());
#else
  errno = error.code().value();
  PyErr_SetFromErrno(PyExc_OSError);
#endif
  throw nanobind::python_error();
}

inline constexpr char kNoSuchTag[] = "no such tag";
inline constexpr char kOtherColumns[] = "scalars() is for scalar tags, blobs() for the others";

// The signatures and docstrings of what both have.
#define EPOCHAL_INT64S "numpy.typing.NDArray[numpy.int64]"
#define EPOCHAL_FLOAT64S "numpy.typing.NDArray[numpy.float64]"
#define EPOCHAL_UINT64S "numpy.typing.NDArray[numpy.uint64]"
#define EPOCHAL_SCALARS_SIGNATURE \
  "def scalars(self, index: int) -> tuple[" EPOCHAL_INT64S ", " EPOCHAL_FLOAT64S ", " EPOCHAL_FLOAT64S "]"
#define EPOCHAL_BLOBS_SIGNATURE                                                                                 \
  "def blobs(self, index: int) -> tuple[" EPOCHAL_INT64S ", " EPOCHAL_FLOAT64S ", " EPOCHAL_UINT64S             \
  ", " EPOCHAL_UINT64S ", " EPOCHAL_UINT64S ", " EPOCHAL_UINT64S ", numpy.typing.NDArray[numpy.uint32]]"
#define EPOCHAL_SESSION_STARTS_SIGNATURE \
  "def session_starts(self) -> tuple[" EPOCHAL_INT64S ", " EPOCHAL_FLOAT64S ", " EPOCHAL_UINT64S "]"

}  // namespace epochal
