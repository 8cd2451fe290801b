// Writes an index file of what a decoder holds at one moment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event_decoder.h"
#include "index_format.h"

namespace epochal {

// Takes hold of everything when it is made: the decoder may go on while the file is written.
class IndexWriter {
 public:
  // `meta` and `summaries` (none, or one for each series; empty where there is none) are the caller's and must
  // outlive it.
  IndexWriter(const EventDecoder& decoder, std::string_view meta, std::vector<std::string_view> summaries);

  // Writes an empty file and returns its size. Throws std::system_error.
  uint64_t write(int fd);

 private:
  struct Column {
    std::shared_ptr<Block> owner;
    const uint8_t* data;
    size_t bytes;
  };
  struct SeriesColumns {
    IndexSeries entry;
    std::vector<Column> columns;
    std::string_view summary;
  };

  void add_series(const EventDecoder& decoder, const Series& series, std::string_view summary);
  void add_state(const EventDecoder& decoder);

  IndexHeader header_{};
  std::string_view meta_;
  TableWriter names_;
  TableWriter state_;
  std::vector<SeriesColumns> series_;
};

}  // namespace epochal
