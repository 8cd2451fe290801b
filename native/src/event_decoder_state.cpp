// Leaving off and going on: a decoder's state, from and to an index file.
#include <algorithm>

#include "event_decoder.h"
#include "index_file.h"

namespace epochal {

EventDecoder::EventDecoder(const IndexFile& index)
    : start_(index.header().offset), planned_(true), reader_(RecordReader::Progress()) {
  IndexState state = index.state();
  DecoderState& decoder = state.decoder;
  reader_ = RecordReader(std::move(decoder.progress));
  problems_ = std::move(decoder.problems);
  records_ = decoder.records;
  first_wall_time_ = decoder.first_wall_time;
  last_wall_time_ = decoder.last_wall_time;
  file_version_ = std::move(decoder.file_version);
  last_record_crc_ = decoder.last_record_crc;
  last_record_end_ = decoder.last_record_end;
  for (LooseTag& loose : state.loose_tags) {
    TagMap& tags = loose.is_payload ? payload_tags_ : value_tags_;
    tags[std::move(loose.tag)].metadata = std::make_unique<Metadata>(std::move(loose.metadata));
  }
  for (const IndexTag& tag : index.tags()) {
    const IndexColumns columns = index.columns(series_.size());
    TagEntry& entry = tags_of(tag.kind)[std::string(tag.tag)];
    if (tag.has_metadata && !entry.metadata) entry.metadata = std::make_unique<Metadata>(tag.metadata());
    entry.index[tag.is_scalar ? 0 : static_cast<size_t>(tag.kind)] = static_cast<uint32_t>(series_.size());
    Series& series = series_.emplace_back();
    series.tag = tag.tag;
    series.kind = tag.kind;
    series.is_scalar = tag.is_scalar;
    series.dtype = tag.dtype;
    if (tag.is_scalar) {
      series.scalars.adopt(index.file(), columns.data, columns.points);
    } else {
      series.blobs = std::make_unique<BlobColumns>();
      series.blobs->adopt(index.file(), columns.data, columns.points);
    }
  }
  const uint8_t* const starts = state.session_starts;
  const size_t count = static_cast<size_t>(index.header().session_starts);
  for (size_t i = 0; i < count; ++i) {
    session_starts_.append(load<int64_t>(starts + 8 * i), load<double>(starts + 8 * (count + i)),
                           load<uint64_t>(starts + 8 * (2 * count + i)));
  }
}

DecoderState EventDecoder::state() const {
  return {reader_.progress(), problems_,         records_,         first_wall_time_, last_wall_time_,
          file_version_,      last_record_crc_, last_record_end_};
}

std::vector<LooseTag> EventDecoder::loose_tags() const {
  std::vector<LooseTag> loose;
  for (const TagMap* tags : {&value_tags_, &payload_tags_}) {
    for (const auto& [tag, entry] : *tags) {
      const bool has_series = std::any_of(std::begin(entry.index), std::end(entry.index),
                                          [](uint32_t index) { return index != kNone; });
      if (!has_series && entry.metadata) loose.push_back({tags == &payload_tags_, tag, *entry.metadata});
    }
  }
  return loose;
}

}  // namespace epochal
