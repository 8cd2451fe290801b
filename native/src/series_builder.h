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

#include "growing_memory.h"
#include "mapped_file.h"

namespace epochal {

// One piece of memory that the columns of a file share.
class Arena {
 public:
  explicit Arena(size_t bytes) : memory_(bytes, true), bytes_(bytes) {}  // throws std::bad_alloc

  // A part of it, aligned for any column; null when there is not enough left.
  void* take(size_t bytes);

  static constexpr size_t kAlignment = 64;

 private:
  GrowingMemory memory_;
  size_t bytes_;
  size_t taken_ = 0;
};

// Raw memory for a column: its own, or a part of an arena or of an index file.
class Block {
 public:
  explicit Block(GrowingMemory memory) : memory_(std::move(memory)), data_(memory_.data()) {}
  Block(std::shared_ptr<Arena> arena, void* data) : data_(data), owner_(std::move(arena)) {}
  // Of a file, of which nothing is written; its first `bytes` hold data.
  Block(std::shared_ptr<const MappedFile> file, const uint8_t* data, size_t bytes);

  void* data() const { return data_; }
  void grow(size_t used, size_t bytes);  // keeps the first `used` bytes; may move them
  // Other memory that begins with the first `used` bytes of this one.
  GrowingMemory copy(size_t used, size_t bytes) const;

 private:
  GrowingMemory memory_;
  void* data_;
  std::shared_ptr<const void> owner_;  // where it has no memory of its own
  size_t shared_bytes_ = 0;            // that are a file's
};

template <typename T>
struct ColumnView {
  std::shared_ptr<Block> block;  // null when empty
  const T* data = nullptr;
  size_t size = 0;
};

// Makes `block` hold `bytes` (more than it does), keeping its first `used` ones; in place if nobody else holds it.
void resize_block(std::shared_ptr<Block>& block, size_t used, size_t bytes);

// Moves the first `used` bytes of `block` to a part of `arena` that holds `bytes`.
void move_block(std::shared_ptr<Block>& block, size_t used, const std::shared_ptr<Arena>& arena, size_t bytes);

// The blocks of the parallel columns of one series: as many as Types, all of one length.
template <typename... Types>
class Columns {
 public:
  size_t size() const { return size_; }

  void append(Types... values) {
    if (size_ == capacity_) resize(next_capacity());
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
    if (points >= kJoinedPoints) joined_ = points;
  }

  // Takes no more of the room that it has: after a fork, memory in a file is the parent's too.
  void give_up_room() { capacity_ = size_; }

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

  // Points whose columns an index file has in pages of their own: they are not copied as columns grow, so that the
  // room behind them need not grow with them.
  static constexpr size_t kJoinedPoints = 32768;

  size_t next_capacity() const {
    if (joined_ > 0) return joined_ + std::max<size_t>(4096, 2 * (size_ - joined_));
    return capacity_ < 8 ? 8 : capacity_ < 4096 ? capacity_ * 2 : capacity_ + capacity_ / 2;
  }

  void resize(size_t capacity) {
    for (size_t i = 0; i < kCount; ++i) {
      resize_block(blocks_[i], size_ * kSizes[i], capacity * kSizes[i]);
      data_[i] = blocks_[i]->data();
    }
    capacity_ = capacity;
  }

  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t joined_ = 0;
  void* data_[kCount] = {};
  std::shared_ptr<Block> blocks_[kCount];
};

}  // namespace epochal
