// An index file, mapped and read where it lies. The readable twin is src/epochal/events/reference_index.py.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blake2b.h"
#include "decoder_state.h"
#include "index_format.h"
#include "mapped_file.h"

namespace epochal {

// What tags() says of one series; the texts lie in the mapping.
struct IndexTag {
  std::string_view tag;
  Kind kind = Kind::kMetadata;
  bool is_scalar = false;
  int32_t dtype = 0;
  bool has_metadata = false;
  int32_t data_class = 0;
  std::string_view plugin_name;
  std::string_view content;
  std::string_view display_name;
  std::string_view description;

  Metadata metadata() const;
};

// The series' columns in the order of scalars() or blobs(); `data` lies in the mapping.
struct IndexColumns {
  size_t points = 0;
  size_t count = 0;  // of columns
  const uint8_t* data[7] = {};
};

// All that the section `state` says.
struct IndexState {
  DecoderState decoder;
  std::vector<LooseTag> loose_tags;
  const uint8_t* session_starts = nullptr;  // step, wall_time, record_offset: kSessionBytes / 3 each, column by column
};

class IndexFile {
 public:
  // Checks the header, the table's CRC and every bound, but not the columns' bytes. Throws BadIndex, std::bad_alloc.
  explicit IndexFile(std::shared_ptr<const MappedFile> file);

  const std::shared_ptr<const MappedFile>& file() const { return file_; }
  const IndexHeader& header() const { return header_; }
  std::string_view meta() const;
  IndexState state() const;

  size_t series_count() const { return entries_.size(); }
  size_t points(size_t series) const { return entries_[series].points; }
  bool is_scalar(size_t series) const { return entries_[series].is_scalar; }
  std::vector<IndexTag> tags() const;
  IndexColumns columns(size_t series) const;
  std::string_view summary(size_t series) const;  // empty if there is none
  // Whether the bytes of the series' columns and summary are those that were written.
  bool check(size_t series) const;

 private:
  struct Entry {
    size_t points;
    uint64_t start;  // where the one before ends
    bool is_scalar;
  };

  TableReader section(uint64_t start, uint64_t size) const {
    return TableReader(file_->data() + start, static_cast<size_t>(size));
  }
  uint64_t names_start() const { return sizeof(IndexHeader) + header_.meta_bytes; }
  uint64_t series_start() const { return names_start() + header_.names_bytes; }
  uint64_t state_start() const { return series_start() + header_.series * sizeof(IndexSeries); }
  IndexSeries series_entry(size_t series) const;
  void check_sections() const;
  void place_series();

  std::shared_ptr<const MappedFile> file_;
  IndexHeader header_;
  std::vector<Entry> entries_;
};

}  // namespace epochal
