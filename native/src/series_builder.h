// Append-only columns whose published views stay valid and unchanged while the column grows.
//
// A column lives in a shared block. A view holds the block and a length; appending writes behind every view's
// end. When the block is full and nobody else holds it, it grows in place; otherwise the points move to a new
// block and the views keep the old one. So only memory that a view or the column uses is held.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

namespace epochal {

// One piece of memory that the columns of a file share. A large one is in huge pages where the system has them: for a
// file of millions of events, asking for its memory page by page costs more than decoding it.
class Arena {
 public:
  explicit Arena(size_t bytes);  // throws std::bad_alloc
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A part of it, aligned for any column; null when there is not enough left.
  void* take(size_t bytes);

  static constexpr size_t kAlignment = 64;

 private:
  uint8_t* data_;
  size_t bytes_;
  size_t taken_ = 0;
  bool mapped_;
};

// Raw memory for a column. Large blocks are mapped, so that room not yet written costs no memory and growing
// moves pages, not bytes.
class MappedFile;

class Block {
 public:
  explicit Block(size_t bytes);                               // throws std::bad_alloc
  Block(std::shared_ptr<Arena> arena, void* data, size_t bytes);  // a part of an arena
  Block(std::shared_ptr<const MappedFile> file, const uint8_t* data, size_t bytes);  // a part of a file; not written
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  void resize(size_t bytes);  // keeps the contents; may move them
  void* data() const { return data_; }

 private:
  enum class Kind { kHeap, kMapped, kPart, kFile };

  void* data_;
  size_t bytes_;
  Kind kind_;
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<const MappedFile> file_;
};

template <typename T>
struct ColumnView {
  std::shared_ptr<Block> block;  // null when empty
  const T* data = nullptr;
  size_t size = 0;
};

// Makes `block` hold `bytes`, keeping its first `used` ones; in place if nobody else holds it.
void resize_block(std::shared_ptr<Block>& block, size_t used, size_t bytes);

// Moves the first `used` bytes of `block` to a part of `arena` that holds `bytes`.
void move_block(std::shared_ptr<Block>& block, size_t used, const std::shared_ptr<Arena>& arena, size_t bytes);

// The blocks of the parallel columns of one series: as many as Types, all of one length.
template <typename... Types>
class Columns {
 public:
  size_t size() const { return size_; }

  void append(Types... values) {
    if (size_ == capacity_) resize(capacity_ < 8 ? 8 : capacity_ < 4096 ? capacity_ * 2 : capacity_ + capacity_ / 2);
    append_at(std::index_sequence_for<Types...>{}, values...);
    ++size_;
  }

  // Takes columns of a file's mapping for its first points; it must hold none. `data` has one pointer a column.
  void adopt(const std::shared_ptr<const MappedFile>& file, const uint8_t* const* data, size_t points) {
    for (size_t i = 0; i < kCount; ++i) {
      blocks_[i] = std::make_shared<Block>(file, data[i], points * kSizes[i]);
      data_[i] = blocks_[i]->data();
    }
    size_ = capacity_ = points;
  }

  // Whether room for growth is a large part of its memory; large blocks hold none.
  bool has_slack() const { return capacity_ < 16384 && capacity_ - size_ > size_ / 8; }

  // Makes room for `capacity` points in an arena with at least arena_bytes(capacity) left.
  void move_to(const std::shared_ptr<Arena>& arena, size_t capacity) {
    for (size_t i = 0; i < kCount; ++i) {
      move_block(blocks_[i], size_ * kSizes[i], arena, capacity * kSizes[i]);
      data_[i] = blocks_[i]->data();
    }
    capacity_ = capacity;
  }

  static size_t arena_bytes(size_t capacity) {
    size_t bytes = 0;
    for (const size_t size : kSizes) bytes += size * capacity + Arena::kAlignment;
    return bytes;
  }

  template <size_t I>
  auto view() const {
    using T = std::tuple_element_t<I, std::tuple<Types...>>;
    return ColumnView<T>{blocks_[I], static_cast<const T*>(data_[I]), size_};
  }

  template <typename Visit>
  void for_each_view(Visit visit) const {
    [&]<size_t... I>(std::index_sequence<I...>) { (visit(view<I>()), ...); }(std::index_sequence_for<Types...>{});
  }

  template <size_t I>
  auto span() const {
    using T = std::tuple_element_t<I, std::tuple<Types...>>;
    return std::span<const T>(static_cast<const T*>(data_[I]), size_);
  }

 private:
  static constexpr size_t kCount = sizeof...(Types);
  static constexpr size_t kSizes[] = {sizeof(Types)...};

  template <size_t... I>
  void append_at(std::index_sequence<I...>, Types... values) {
    ((static_cast<Types*>(data_[I])[size_] = values), ...);
  }

  void resize(size_t capacity) {
    for (size_t i = 0; i < kCount; ++i) {
      resize_block(blocks_[i], size_ * kSizes[i], capacity * kSizes[i]);
      data_[i] = blocks_[i] ? blocks_[i]->data() : nullptr;
    }
    capacity_ = capacity;
  }

  size_t size_ = 0;
  size_t capacity_ = 0;
  void* data_[kCount] = {};
  std::shared_ptr<Block> blocks_[kCount];
};

}  // namespace epochal
