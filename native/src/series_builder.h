// Append-only columns whose published views stay valid and unchanged while the column grows.
//
// A column lives in a shared block. A view holds the block and a length; appending writes behind every view's
// end. When the block is full and nobody else holds it, it grows in place; otherwise the points move to a new
// block and the views keep the old one. So only memory that a view or the column uses is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

namespace epochal {

// Raw memory for a column. Large blocks are mapped, so that room not yet written costs no memory and growing
// moves pages, not bytes.
class Block {
 public:
  explicit Block(size_t bytes);  // throws std::bad_alloc
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  void resize(size_t bytes);  // keeps the contents; may move them
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void* data_;
  size_t bytes_;
  bool mapped_;
};

template <typename T>
struct ColumnView {
  std::shared_ptr<Block> block;  // null when empty
  const T* data = nullptr;
  size_t size = 0;
};

// Makes `block` hold `bytes`, keeping its first `used` ones; in place if nobody else holds it.
void regrow_block(std::shared_ptr<Block>& block, size_t used, size_t bytes);

// The blocks of the parallel columns of one series: as many as Types, all of one length.
template <typename... Types>
class Columns {
 public:
  size_t size() const { return size_; }

  void append(Types... values) {
    if (size_ == capacity_) grow(capacity_ < 8 ? 8 : capacity_ < 4096 ? capacity_ * 2 : capacity_ + capacity_ / 2);
    append_at(std::index_sequence_for<Types...>{}, values...);
    ++size_;
  }

  // Gives back room for growth where it is a large part of a small series; large blocks hold none in memory.
  void trim() {
    if (capacity_ < 16384 && capacity_ - size_ > size_ / 8) grow(size_);
  }

  template <size_t I>
  auto view() const {
    using T = std::tuple_element_t<I, std::tuple<Types...>>;
    return ColumnView<T>{blocks_[I], static_cast<const T*>(data_[I]), size_};
  }

  template <size_t I>
  auto span() const {
    using T = std::tuple_element_t<I, std::tuple<Types...>>;
    return std::span<const T>(static_cast<const T*>(data_[I]), size_);
  }

 private:
  template <size_t... I>
  void append_at(std::index_sequence<I...>, Types... values) {
    ((static_cast<Types*>(data_[I])[size_] = values), ...);
  }

  void grow(size_t capacity) {
    static constexpr size_t kSizes[] = {sizeof(Types)...};
    for (size_t i = 0; i < sizeof...(Types); ++i) {
      regrow_block(blocks_[i], size_ * kSizes[i], capacity * kSizes[i]);
      data_[i] = blocks_[i] ? blocks_[i]->data() : nullptr;
    }
    capacity_ = capacity;
  }

  std::shared_ptr<Block> blocks_[sizeof...(Types)];
  void* data_[sizeof...(Types)] = {};
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace epochal
