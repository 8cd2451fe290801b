// What the fuzz targets share: seeds, a mutator that repairs checksums, and reading all that a decoder holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "event_decoder.h"

namespace fuzz {

using Bytes = std::vector<uint8_t>;

// Recomputes both CRCs of every frame whose length fits, from the start on; without it nearly every mutation would
// end at a checksum.
void repair_frames(uint8_t* data, size_t size);

// Changes `data` in place and returns its new size ≤ max_size: bytes and bits, spans cut, copied or doubled, lengths.
size_t mutate(uint8_t* data, size_t size, size_t max_size, uint32_t seed);

// Events of every kind, whole and malformed, and small event files made of them, to start from.
std::vector<Bytes> seed_events();
std::vector<Bytes> seed_files();

// Reads every column and text of a decoder, so that sanitizers see what is wrong with them, and checks what must
// always hold. Returns a hash of everything.
uint64_t digest(const epochal::EventDecoder& decoder);

}  // namespace fuzz

// Each target has its input's form: how to mutate it, and what to start from.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
size_t mutate_input(uint8_t* data, size_t size, size_t max_size, uint32_t seed);
std::vector<fuzz::Bytes> seed_inputs();
