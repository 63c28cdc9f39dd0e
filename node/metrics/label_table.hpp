#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

namespace weft {

/// The instruments of one label's values, made when a value is first seen and kept for ever: their addresses stay.
/// At most `values_max` values; all others share the instruments of "other", so that no caller can fill the memory.
/// Thread-safe.
template <class Instruments> class label_table {
public:
  label_table(size_t values_max, std::function<std::unique_ptr<Instruments>(const std::string&)> make)
      : values_max_(values_max), make_(std::move(make)) {}

  Instruments& at(std::string_view value) {
    {
      const std::shared_lock lock{mutex_};
      if (const auto found = entries_.find(value); found != entries_.end())
        return *found->second;
    }
    const std::unique_lock lock{mutex_};
    const std::string name{entries_.size() < values_max_ || entries_.contains(value) ? value : "other"};
    auto& entry = entries_[name];
    if (!entry)
      entry = make_(name);
    return *entry;
  }

private:
  const size_t values_max_;
  const std::function<std::unique_ptr<Instruments>(const std::string&)> make_;
  std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Instruments>, std::less<>> entries_;
};

} // namespace weft
