// Every implementation that this machine has, against the table and against each other.
#include <random>
#include <vector>

#include "bytes.h"
#include "check.h"
#include "crc32c.h"
#include "encoder.h"

using namespace epochal;

namespace {

std::vector<const Crc32cOps*> all_ops() {
  std::vector<const Crc32cOps*> ops{&crc32c_table_ops()};
  if (crc32c_sse42_ops()) ops.push_back(crc32c_sse42_ops());
  if (crc32c_arm_ops()) ops.push_back(crc32c_arm_ops());
  return ops;
}

std::vector<uint8_t> random_bytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

std::vector<uint8_t> framed(const std::vector<size_t>& sizes) {
  std::vector<uint8_t> out;
  for (const size_t size : sizes) {
    const std::vector<uint8_t> data = random_bytes(size, static_cast<uint32_t>(size));
    const size_t start = out.size();
    out.resize(start + size + kFrameBytes);
    write_frame(data.data(), size, out.data() + start);
  }
  return out;
}

}  // namespace

TEST(known_vector) {
  const uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  for (const Crc32cOps* ops : all_ops()) CHECK_EQ(~ops->extend(~0u, digits, sizeof digits), 0xE3069283u);
}

TEST(implementations_agree_at_every_size_and_alignment) {
  const std::vector<uint8_t> bytes = random_bytes(20000, 1);
  for (const Crc32cOps* ops : all_ops()) {
    for (size_t size = 0; size < 300; ++size) {
      for (size_t start = 0; start < 9; ++start) {
        CHECK_EQ(ops->extend(7, bytes.data() + start, size), crc32c_table_ops().extend(7, bytes.data() + start, size));
      }
    }
    for (const size_t size : {383u, 384u, 385u, 3071u, 3072u, 3073u, 3460u, 6144u, 10000u, 19990u}) {
      CHECK_EQ(ops->extend(~0u, bytes.data() + 3, size), crc32c_table_ops().extend(~0u, bytes.data() + 3, size));
    }
  }
}

TEST(extending_in_parts_equals_at_once) {
  const std::vector<uint8_t> bytes = random_bytes(9000, 2);
  for (const Crc32cOps* ops : all_ops()) {
    for (const size_t cut : {0u, 1u, 3072u, 4000u, 9000u}) {
      const uint32_t part = ops->extend(~0u, bytes.data(), cut);
      CHECK_EQ(ops->extend(part, bytes.data() + cut, bytes.size() - cut), ops->extend(~0u, bytes.data(), bytes.size()));
    }
  }
}

TEST(frames_are_verified_up_to_the_first_that_is_not_whole) {
  const std::vector<uint8_t> bytes = framed({0, 1, 30, 5000, 40, 50});
  for (const Crc32cOps* ops : all_ops()) {
    FrameRef frames[16];
    CHECK_EQ(ops->verify_frames(bytes.data(), bytes.size(), 1 << 16, frames, 16), 6u);
    CHECK_EQ(frames[5].length, 50u);
    CHECK_EQ(ops->verify_frames(bytes.data(), bytes.size(), 1 << 16, frames, 2), 2u);
    CHECK_EQ(ops->verify_frames(bytes.data(), bytes.size(), 4999, frames, 16), 3u);
    CHECK_EQ(ops->verify_frames(bytes.data(), bytes.size() - 1, 1 << 16, frames, 16), 5u);
    CHECK_EQ(ops->verify_frames(bytes.data(), 0, 1 << 16, frames, 16), 0u);
    for (size_t at = 0; at < bytes.size(); at += 7) {
      std::vector<uint8_t> damaged = bytes;
      damaged[at] ^= 0x10;
      const size_t count = ops->verify_frames(damaged.data(), damaged.size(), 1 << 16, frames, 16);
      CHECK(count < 6);
      if (count > 0) CHECK(frames[count - 1].offset + kFrameBytes + frames[count - 1].length <= at);
    }
  }
}

TEST(headers_are_found_where_they_stand) {
  for (const Crc32cOps* ops : all_ops()) {
    for (const size_t before : {0u, 1u, 13u, 1000u}) {
      std::vector<uint8_t> bytes = random_bytes(before, 3);
      bytes.resize(before + before);  // and a run of zeros
      const std::vector<uint8_t> frame = framed({20});
      bytes.insert(bytes.end(), frame.begin(), frame.end());
      CHECK_EQ(ops->find_header(bytes.data(), bytes.size()), 2 * before);
      CHECK_EQ(ops->find_header(bytes.data(), 2 * before + 11), SIZE_MAX);
    }
    const std::vector<uint8_t> empty = framed({0});
    CHECK_EQ(ops->find_header(empty.data(), empty.size()), 0u);
  }
}
