// A test harness in a page: TEST(name) { CHECK(condition); CHECK_EQ(a, b); } and a main that runs them all.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace check {

struct Test {
  const char* name;
  std::function<void()> run;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

inline bool add(const char* name, std::function<void()> run) {
  tests().push_back({name, std::move(run)});
  return true;
}

inline void fail(const char* file, int line, const char* what) {
  std::printf("%s:%d: failed: %s\n", file, line, what);
  ++failures();
}

// Runs every test; prints "N passed, N failed" last and returns the exit code.
inline int run_all() {
  int failed = 0;
  for (const Test& test : tests()) {
    const int before = failures();
    test.run();
    const bool passed = failures() == before;
    std::printf("%s %s\n", passed ? "ok  " : "FAIL", test.name);
    failed += !passed;
  }
  std::printf("%d passed, %d failed\n", static_cast<int>(tests().size()) - failed, failed);
  return failed != 0;
}

}  // namespace check

#define TEST(name)                                              \
  static void test_##name();                                    \
  static const bool added_##name = check::add(#name, test_##name); \
  static void test_##name()

#define CHECK(condition) \
  do {                   \
    if (!(condition)) check::fail(__FILE__, __LINE__, #condition); \
  } while (false)

#define CHECK_EQ(a, b) CHECK((a) == (b))
