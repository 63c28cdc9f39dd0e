#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace weft {

/// Uninitialized memory for kernels, on cache-line boundaries. Owns it; movable. Throws std::bad_alloc.
template <class T> class aligned_array {
  static_assert(std::is_trivial_v<T>);

public:
  aligned_array() = default;
  explicit aligned_array(size_t size) : size_(size) {
    constexpr size_t line = 64;
    const size_t bytes = (size * sizeof(T) + line - 1) / line * line;
    data_.reset(static_cast<T*>(std::aligned_alloc(line, bytes == 0 ? line : bytes)));
    if (!data_)
      throw std::bad_alloc();
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  size_t size() const noexcept { return size_; }
  T& operator[](size_t i) noexcept { return data_[i]; }
  const T& operator[](size_t i) const noexcept { return data_[i]; }

private:
  struct release {
    void operator()(T* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<T[], release> data_;
  size_t size_ = 0;
};

} // namespace weft
