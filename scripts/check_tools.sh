#!/usr/bin/env bash
# One sentence for each tool that building Epochal from source needs and this machine lacks.
set -u
missing=0
version=$(node --version 2>/dev/null)
if ! [[ $version =~ ^v([0-9]+)\.([0-9]+) ]] || (( BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] < 20019 )); then
  echo "Epochal's pages are built with Node.js 20.19 or newer, and ${version:-none} was found." >&2
  missing=1
fi
if ! command -v "${CXX:-c++}" >/dev/null 2>&1 && ! command -v g++ >/dev/null 2>&1 && ! command -v clang++ >/dev/null 2>&1; then
  echo "Epochal's core is C++20 and no C++ compiler was found (Debian and Ubuntu: apt install g++)." >&2
  missing=1
fi
exit $missing
