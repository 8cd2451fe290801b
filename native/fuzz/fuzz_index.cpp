// Any bytes as an index file: refused, or read without a fault; and what goes on from it writes an index that is read.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "bytes.h"
#include "crc32c.h"
#include "fuzz_common.h"
#include "index_file.h"
#include "index_writer.h"

#ifdef _WIN32
#include <io.h>
#define fileno _fileno
#endif

using namespace epochal;

namespace {

// One more point of a tag that the seeds have, framed.
const fuzz::Bytes& one_record() {
  static const fuzz::Bytes record = fuzz::seed_files().front();
  return record;
}

fuzz::Bytes write_index(const EventDecoder& decoder, std::string_view meta, std::string_view summary) {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) std::abort();
  IndexWriter writer(decoder, meta, std::vector<std::string_view>(decoder.series().size(), summary));
  fuzz::Bytes bytes(writer.write(fileno(file)));
  std::rewind(file);
  if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) std::abort();
  std::fclose(file);
  return bytes;
}

std::unique_ptr<IndexFile> open_index(const fuzz::Bytes& bytes) {
  try {
    return std::make_unique<IndexFile>(std::make_shared<MappedFile>(bytes.data(), bytes.size()));
  } catch (const BadIndex&) {
    return nullptr;
  }
}

uint64_t sum_of(std::string_view bytes) {
  uint64_t sum = 0;
  for (const char byte : bytes) sum += static_cast<unsigned char>(byte);
  return sum;
}

// Touches every byte that a reader would.
uint64_t read_all(const IndexFile& index) {
  uint64_t sum = sum_of(index.meta()) + index.state().loose_tags.size();
  for (const IndexTag& tag : index.tags()) sum += sum_of(tag.tag) + sum_of(tag.content) + sum_of(tag.description);
  for (size_t i = 0; i < index.series_count(); ++i) {
    sum += sum_of(index.summary(i)) + index.check(i);
    const IndexColumns columns = index.columns(i);
    for (size_t column = 0; column < columns.count; ++column) {
      const uint64_t width = index.is_scalar(i) ? kScalarWidths[column] : kBlobWidths[column];
      if (reinterpret_cast<uintptr_t>(columns.data[column]) % 8 != reinterpret_cast<uintptr_t>(index.file()->data()) % 8) {
        std::abort();
      }
      sum += sum_of({reinterpret_cast<const char*>(columns.data[column]), columns.points * static_cast<size_t>(width)});
    }
  }
  return sum;
}

}  // namespace

std::vector<fuzz::Bytes> seed_inputs() {
  std::vector<fuzz::Bytes> inputs;
  for (const fuzz::Bytes& file : fuzz::seed_files()) {
    fuzz::Bytes damaged = file;
    damaged.resize(damaged.size() + 20, 0x5A);
    MemorySource source(damaged.data(), damaged.size(), 0);
    EventDecoder decoder;
    decoder.decode(source, UINT64_MAX);
    inputs.push_back(write_index(decoder, "meta", inputs.size() % 2 ? "summary" : ""));
  }
  return inputs;
}

size_t mutate_input(uint8_t* data, size_t size, size_t max_size, uint32_t seed) {
  size = fuzz::mutate(data, size, max_size, seed);
  if (seed % 8 == 0 || size < sizeof(IndexHeader)) return size;
  // Without this nearly every mutation would end at the length or the checksum.
  store(data + offsetof(IndexHeader, file_bytes), uint64_t{size});
  const uint64_t table_bytes = load<uint64_t>(data + offsetof(IndexHeader, table_bytes));
  if (table_bytes < sizeof(IndexHeader) || table_bytes > size) return size;
  const uint32_t crc = crc32c(data + kIndexCrcFrom, static_cast<size_t>(table_bytes) - kIndexCrcFrom);
  store(data + offsetof(IndexHeader, crc), crc);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::unique_ptr<IndexFile> index = open_index(fuzz::Bytes(data, data + size));
  if (!index) return 0;
  read_all(*index);
  EventDecoder decoder(*index);
  const fuzz::Bytes& record = one_record();
  MemorySource source(record.data(), record.size(), decoder.offset());
  decoder.decode(source, UINT64_MAX);
  const std::unique_ptr<IndexFile> again = open_index(write_index(decoder, index->meta(), ""));
  if (!again || again->series_count() != decoder.series().size()) std::abort();
  for (size_t i = 0; i < again->series_count(); ++i) {
    if (again->points(i) != decoder.series()[i].points() || !again->check(i)) std::abort();
  }
  read_all(*again);
  return 0;
}
