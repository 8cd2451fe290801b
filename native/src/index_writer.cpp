#include "index_writer.h"

#include <algorithm>

#include "blake2b.h"
#include "crc32c.h"
#include "mapped_file.h"

namespace epochal {
namespace {

void add_metadata(TableWriter& section, const Metadata& metadata) {
  section.add(metadata.data_class);
  section.add_text(metadata.plugin_name);
  section.add_text(metadata.content);
  section.add_text(metadata.display_name);
  section.add_text(metadata.description);
}

void add_problem(TableWriter& section, const Problem& problem) {
  section.add(problem.offset);
  section.add(problem.lost_bytes);
  section.add_text(problem.message);
}

// Small columns become one write, large ones their own.
class ColumnWriter {
 public:
  ColumnWriter(int fd, uint64_t start) : fd_(fd), at_(start) {}

  uint64_t end() const { return at_ + buffer_.size(); }

  void add(const uint8_t* data, size_t bytes) {
    buffer_.resize(buffer_.size() + static_cast<size_t>(align_column(end(), bytes) - end()));
    if (bytes >= kIndexPagedBytes) {
      flush();
      write_at(fd_, at_, data, bytes);
      at_ += bytes;
      return;
    }
    buffer_.insert(buffer_.end(), data, data + bytes);
    if (buffer_.size() >= kBufferBytes) flush();
  }

  void flush() {
    write_at(fd_, at_, buffer_.data(), buffer_.size());
    at_ += buffer_.size();
    buffer_.clear();
  }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 20;

  int fd_;
  uint64_t at_;
  std::vector<uint8_t> buffer_;
};

}  // namespace

IndexWriter::IndexWriter(const EventDecoder& decoder, std::string_view meta, std::vector<std::string_view> summaries)
    : meta_(meta) {
  const std::deque<Series>& series = decoder.series();
  for (size_t i = 0; i < series.size(); ++i) {
    add_series(decoder, series[i], summaries.empty() ? std::string_view() : summaries[i]);
  }
  add_state(decoder);
}

void IndexWriter::add_series(const EventDecoder& decoder, const Series& series, std::string_view summary) {
  const Metadata* const metadata = decoder.metadata_of(series);
  names_.add(static_cast<uint8_t>(series.kind));
  names_.add(static_cast<uint8_t>(series.is_scalar));
  names_.add(static_cast<uint8_t>(metadata != nullptr));
  names_.add(uint8_t{0});
  names_.add(series.dtype);
  names_.add_text(series.tag);
  if (metadata != nullptr) add_metadata(names_, *metadata);
  SeriesColumns& out = series_.emplace_back();
  out.entry = {series.points(), summary.size(), 0, 0};
  out.summary = summary;
  const auto add_column = [&out](auto view) {
    out.columns.push_back({view.block, reinterpret_cast<const uint8_t*>(view.data), view.size * sizeof *view.data});
  };
  if (series.is_scalar) {
    series.scalars.for_each_view(add_column);
  } else {
    series.blobs->for_each_view(add_column);
  }
}

void IndexWriter::add_state(const EventDecoder& decoder) {
  const DecoderState state = decoder.state();
  const RecordReader::Progress& progress = state.progress;
  std::copy_n(kIndexMagic, sizeof kIndexMagic, header_.magic);
  header_.version = kIndexVersion;
  header_.offset = progress.offset;
  header_.records = state.records;
  header_.last_record_end = state.last_record_end;
  header_.failed_bytes = progress.failed_bytes;
  header_.first_wall_time = state.first_wall_time.value_or(0);
  header_.last_wall_time = state.last_wall_time.value_or(0);
  header_.last_record_crc = state.last_record_crc;
  header_.flags = (state.first_wall_time ? kHasWallTime : 0u) |
                  (progress.head_only_above != kHeadOnlyAbove ? kVerifiesPayloads : 0u) |
                  (progress.in_damage ? kInDamage : 0u) | (progress.tail_problem ? kHasTailProblem : 0u);
  state_.add_text(state.file_version);
  state_.add(state.problems.unlisted());
  state_.add(static_cast<uint32_t>(state.problems.list().size()));
  for (const Problem& problem : state.problems.list()) add_problem(state_, problem);
  if (progress.in_damage) {
    state_.add(progress.damage_start);
    state_.add_text(progress.damage_message);
  }
  if (progress.tail_problem) add_problem(state_, *progress.tail_problem);
  std::vector<LooseTag> loose_tags = decoder.loose_tags();
  std::sort(loose_tags.begin(), loose_tags.end(), [](const LooseTag& a, const LooseTag& b) {
    return a.is_payload != b.is_payload ? b.is_payload : a.tag < b.tag;
  });
  state_.add(static_cast<uint32_t>(loose_tags.size()));
  for (const LooseTag& loose : loose_tags) {
    state_.add(static_cast<uint8_t>(loose.is_payload));
    state_.add_text(loose.tag);
    add_metadata(state_, loose.metadata);
  }
  header_.session_starts = decoder.session_starts().size();
  decoder.session_starts().for_each_view([this](auto view) {
    state_.add_bytes(view.data, view.size * sizeof *view.data);
  });
}

uint64_t IndexWriter::write(int fd) {
  const auto* const names = reinterpret_cast<const uint8_t*>(names_.bytes().data());
  const Digest digest = blake2b_128(names, names_.bytes().size());
  std::copy(digest.begin(), digest.end(), header_.tags_digest);
  header_.meta_bytes = meta_.size();
  header_.names_bytes = names_.bytes().size();
  header_.series = series_.size();
  header_.table_bytes = sizeof header_ + meta_.size() + names_.bytes().size() + series_.size() * sizeof(IndexSeries) +
                        state_.bytes().size();
  ColumnWriter columns(fd, header_.table_bytes);
  for (SeriesColumns& series : series_) {
    uint32_t crc = ~0u;
    for (const Column& column : series.columns) {
      crc = crc32c_ops().extend(crc, column.data, column.bytes);
      columns.add(column.data, column.bytes);
    }
    const auto* const summary = reinterpret_cast<const uint8_t*>(series.summary.data());
    if (!series.summary.empty()) columns.add(summary, series.summary.size());
    series.entry.columns_crc = ~crc;
    series.entry.summary_crc = crc32c(summary, series.summary.size());
  }
  columns.flush();
  header_.file_bytes = columns.end();
  // The header last: a file that was left half written does not begin like one.
  TableWriter table;
  table.add(header_);
  table.add_bytes(meta_.data(), meta_.size());
  table.add_bytes(names, names_.bytes().size());
  for (const SeriesColumns& series : series_) table.add(series.entry);
  table.add_bytes(state_.bytes().data(), state_.bytes().size());
  std::string bytes = table.bytes();
  auto* const raw = reinterpret_cast<uint8_t*>(bytes.data());
  store(raw + offsetof(IndexHeader, crc), crc32c(raw + kIndexCrcFrom, bytes.size() - kIndexCrcFrom));
  write_at(fd, 0, raw, bytes.size());
  return header_.file_bytes;
}

}  // namespace epochal
