// A fuzz target without libFuzzer: its seeds and corpus once, then mutations of them for a while, the same in every
// run. replay_<target> [--seconds N] [corpus directory or file …]; --seeds DIRECTORY writes the seeds instead.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz_common.h"

namespace {

fuzz::Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return fuzz::Bytes(std::istreambuf_iterator<char>(file), {});
}

void collect(const std::filesystem::path& path, std::vector<fuzz::Bytes>& inputs) {
  if (!std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path)) inputs.push_back(read_file(path));
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(path)) inputs.push_back(read_file(entry.path()));
}

int write_seeds(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  int number = 0;
  for (const fuzz::Bytes& seed : seed_inputs()) {
    std::ofstream file(directory / ("seed" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  double seconds = 0;
  std::vector<fuzz::Bytes> inputs = seed_inputs();
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--seeds") == 0 && i + 1 < count) return write_seeds(arguments[i + 1]);
    if (std::strcmp(arguments[i], "--seconds") == 0 && i + 1 < count) {
      seconds = std::stod(arguments[++i]);
    } else {
      collect(arguments[i], inputs);
    }
  }
  for (const fuzz::Bytes& input : inputs) LLVMFuzzerTestOneInput(input.data(), input.size());
  uint32_t seed = 1;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    fuzz::Bytes input = inputs[seed % inputs.size()];
    size_t size = input.size();
    input.resize(size + 4096);
    for (uint32_t round = 0; round <= seed % 3; ++round) {
      size = mutate_input(input.data(), size, input.size(), seed * 3 + round);
    }
    input.resize(size);
    ++seed;
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu inputs, %u mutations passed\n", inputs.size(), seed - 1);
  return 0;
}
