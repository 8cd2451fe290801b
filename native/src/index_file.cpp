#include "index_file.h"

#include <cmath>

#include "crc32c.h"

namespace epochal {
namespace {

// Offsets in an event file stay below this, so that sums of them never overflow.
constexpr uint64_t kMaxOffset = uint64_t{1} << 62;

IndexTag take_tag(TableReader& names) {
  IndexTag tag;
  const uint8_t kind = names.take<uint8_t>();
  const uint8_t is_scalar = names.take<uint8_t>();
  const uint8_t has_metadata = names.take<uint8_t>();
  const uint8_t zero = names.take<uint8_t>();
  if (kind > static_cast<uint8_t>(Kind::kMetaGraph) || is_scalar > 1 || has_metadata > 1 || zero != 0) {
    throw BadIndex("a tag is of no known kind");
  }
  tag.kind = static_cast<Kind>(kind);
  tag.is_scalar = is_scalar == 1;
  if (tag.is_scalar ? tag.kind > Kind::kTensor : tag.kind == Kind::kSimpleValue) {
    throw BadIndex("a tag's kind and columns do not fit");
  }
  tag.dtype = names.take<int32_t>();
  tag.tag = names.take_text();
  tag.has_metadata = has_metadata == 1;
  if (tag.has_metadata) {
    tag.data_class = names.take<int32_t>();
    tag.plugin_name = names.take_text();
    tag.content = names.take_text();
    tag.display_name = names.take_text();
    tag.description = names.take_text();
  }
  return tag;
}

Problem take_problem(TableReader& section) {
  const uint64_t offset = section.take<uint64_t>();
  const uint64_t lost_bytes = section.take<uint64_t>();
  if (offset > kMaxOffset || lost_bytes > kMaxOffset) throw BadIndex("an offset is out of range");
  return {offset, lost_bytes, std::string(section.take_text())};
}

}  // namespace

Metadata IndexTag::metadata() const {
  return {std::string(plugin_name), std::string(content), std::string(display_name), std::string(description),
          data_class};
}

IndexFile::IndexFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  if (file_->size() < sizeof header_) throw BadIndex("it is too short");
  std::memcpy(&header_, file_->data(), sizeof header_);
  if (std::memcmp(header_.magic, kIndexMagic, sizeof kIndexMagic) != 0) throw BadIndex("it does not begin like one");
  if (header_.version != kIndexVersion) throw BadIndex("it is of another version");
  if (header_.file_bytes != file_->size()) throw BadIndex("it is not as long as it says");
  if (header_.table_bytes < sizeof header_ || header_.table_bytes > header_.file_bytes) {
    throw BadIndex("its table is cut short");
  }
  const uint32_t crc = crc32c(file_->data() + kIndexCrcFrom, static_cast<size_t>(header_.table_bytes) - kIndexCrcFrom);
  if (crc != header_.crc) throw BadIndex("its checksum does not match");
  check_sections();
  place_series();
  state();
}

void IndexFile::check_sections() const {
  uint64_t left = header_.table_bytes - sizeof header_;
  for (const uint64_t size : {header_.meta_bytes, header_.names_bytes}) {
    if (size > left) throw BadIndex("its table is cut short");
    left -= size;
  }
  if (header_.series > left / sizeof(IndexSeries) || header_.series > UINT32_MAX) {
    throw BadIndex("its table is cut short");
  }
  if (header_.flags & ~kKnownIndexFlags) throw BadIndex("it has unknown flags");
  if (header_.offset > kMaxOffset || header_.last_record_end > header_.offset || header_.failed_bytes > kMaxOffset) {
    throw BadIndex("an offset is out of range");
  }
}

// Every column's place follows from the numbers of points before it.
void IndexFile::place_series() {
  TableReader tags = section(names_start(), header_.names_bytes);
  uint64_t at = header_.table_bytes;
  for (size_t i = 0; i < header_.series; ++i) {
    const IndexSeries series = series_entry(i);
    const bool is_scalar = take_tag(tags).is_scalar;
    if (series.points > header_.file_bytes || series.summary_bytes > header_.file_bytes) {
      throw BadIndex("a column lies outside of it");
    }
    entries_.push_back({static_cast<size_t>(series.points), at, is_scalar});
    const auto place = [&](uint64_t bytes) {
      at = align_column(at, bytes) + bytes;
      if (at > header_.file_bytes) throw BadIndex("a column lies outside of it");
    };
    if (is_scalar) {
      for (const uint64_t width : kScalarWidths) place(series.points * width);
    } else {
      for (const uint64_t width : kBlobWidths) place(series.points * width);
    }
    if (series.summary_bytes > 0) place(series.summary_bytes);
  }
  if (tags.left() > 0 || at != header_.file_bytes) throw BadIndex("it is not as long as it says");
}

IndexSeries IndexFile::series_entry(size_t series) const {
  return load<IndexSeries>(file_->data() + series_start() + series * sizeof(IndexSeries));
}

std::string_view IndexFile::meta() const {
  return {reinterpret_cast<const char*>(file_->data() + sizeof header_), static_cast<size_t>(header_.meta_bytes)};
}

IndexState IndexFile::state() const {
  TableReader section = this->section(state_start(), header_.table_bytes - state_start());
  IndexState out;
  DecoderState& decoder = out.decoder;
  decoder.records = header_.records;
  if (header_.flags & kHasWallTime) {
    decoder.first_wall_time = header_.first_wall_time;
    decoder.last_wall_time = header_.last_wall_time;
  }
  decoder.last_record_crc = header_.last_record_crc;
  decoder.last_record_end = header_.last_record_end;
  decoder.file_version = section.take_text();
  const uint64_t unlisted = section.take<uint64_t>();
  const uint32_t problems = section.take<uint32_t>();
  if (problems != (unlisted > 0 ? Problems::kMaxProblems + 1 : std::min<size_t>(problems, Problems::kMaxProblems))) {
    throw BadIndex("it has too many problems");
  }
  std::vector<Problem> list;
  for (uint32_t i = 0; i < problems; ++i) list.push_back(take_problem(section));
  decoder.problems = Problems(std::move(list), unlisted);
  RecordReader::Progress& progress = decoder.progress;
  progress.offset = header_.offset;
  progress.head_only_above = header_.flags & kVerifiesPayloads ? UINT64_MAX : kHeadOnlyAbove;
  progress.failed_bytes = header_.failed_bytes;
  progress.in_damage = header_.flags & kInDamage;
  if (progress.in_damage) {
    progress.damage_start = section.take<uint64_t>();
    if (progress.damage_start > progress.offset) throw BadIndex("an offset is out of range");
    progress.damage_message = section.take_text();
  }
  if (header_.flags & kHasTailProblem) progress.tail_problem = take_problem(section);
  for (uint32_t left = section.take<uint32_t>(); left > 0; --left) {
    const uint8_t is_payload = section.take<uint8_t>();
    if (is_payload > 1) throw BadIndex("a tag is of no known kind");
    LooseTag& loose = out.loose_tags.emplace_back();
    loose.is_payload = is_payload == 1;
    loose.tag = section.take_text();
    loose.metadata.data_class = section.take<int32_t>();
    loose.metadata.plugin_name = section.take_text();
    loose.metadata.content = section.take_text();
    loose.metadata.display_name = section.take_text();
    loose.metadata.description = section.take_text();
  }
  if (header_.session_starts > section.left() / kSessionBytes) throw BadIndex("its table is cut short");
  out.session_starts = section.take_bytes(header_.session_starts * kSessionBytes);
  if (section.left() > 0) throw BadIndex("its table is too long");
  return out;
}

std::vector<IndexTag> IndexFile::tags() const {
  TableReader names = section(names_start(), header_.names_bytes);
  std::vector<IndexTag> tags;
  tags.reserve(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) tags.push_back(take_tag(names));
  return tags;
}

IndexColumns IndexFile::columns(size_t series) const {
  const Entry& entry = entries_[series];
  IndexColumns columns;
  columns.points = entry.points;
  uint64_t at = entry.start;
  const auto place = [&](uint64_t bytes) {
    at = align_column(at, bytes);
    columns.data[columns.count++] = file_->data() + at;
    at += bytes;
  };
  if (entry.is_scalar) {
    for (const uint64_t width : kScalarWidths) place(entry.points * width);
  } else {
    for (const uint64_t width : kBlobWidths) place(entry.points * width);
  }
  return columns;
}

std::string_view IndexFile::summary(size_t series) const {
  const uint64_t bytes = series_entry(series).summary_bytes;
  if (bytes == 0) return {};
  const uint64_t next = series + 1 < entries_.size() ? entries_[series + 1].start : header_.file_bytes;
  return {reinterpret_cast<const char*>(file_->data() + next - bytes), static_cast<size_t>(bytes)};
}

bool IndexFile::check(size_t series) const {
  const IndexSeries entry = series_entry(series);
  const IndexColumns columns = this->columns(series);
  const uint64_t* const widths = is_scalar(series) ? kScalarWidths : kBlobWidths;
  uint32_t crc = ~0u;
  for (size_t i = 0; i < columns.count; ++i) {
    crc = crc32c_ops().extend(crc, columns.data[i], columns.points * static_cast<size_t>(widths[i]));
  }
  const std::string_view summary = this->summary(series);
  return ~crc == entry.columns_crc &&
         crc32c(reinterpret_cast<const uint8_t*>(summary.data()), summary.size()) == entry.summary_crc;
}

}  // namespace epochal
