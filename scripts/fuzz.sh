#!/bin/sh
# Builds the libFuzzer targets with ASan and UBSan and runs each for FUZZ_SECS (default 60) seconds.
# New inputs stay in build/fuzz/corpus/<target>; one that breaks something belongs into native/fuzz/corpus/<target>.
# FUZZ_TARGETS chooses among: records events incremental index.
set -eu
cd "$(dirname "$0")/.."
build=build/fuzz
seconds=${FUZZ_SECS:-60}
compiler=${CXX:-}
if [ -z "$compiler" ]; then
  for name in clang++ clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14; do
    if command -v "$name" >/dev/null; then compiler=$name && break; fi
  done
fi
if [ -z "$compiler" ]; then
  echo "The fuzzers need clang with libFuzzer (Debian: apt install clang libclang-rt-14-dev)." >&2
  exit 1
fi
cmake -S native -B "$build" -DEPOCHAL_FUZZ=ON -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" -j 2
# Freed memory that ASan holds back counts towards the limit below; by default it is half of it.
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=64}"
for target in ${FUZZ_TARGETS:-records events incremental index}; do
  corpus=$build/corpus/$target
  mkdir -p "$corpus" "native/fuzz/corpus/$target"
  "$build/fuzz/write_seeds_$target" --seeds "$corpus"
  echo "fuzz_$target: $seconds s"
  "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=131072 -timeout=5 -rss_limit_mb=512 -malloc_limit_mb=64 \
    -artifact_prefix="$build/" -print_final_stats=1 -verbosity=0 "$corpus" "native/fuzz/corpus/$target"
done
