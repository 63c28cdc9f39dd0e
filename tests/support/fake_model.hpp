#pragma once

#include "runtime/ports/model.hpp"
#include "tests/support/fake_engine.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace weft::test {

/// A model whose tokens are the bytes of the text between 101 and 102, and whose engines run on a fake_device.
/// Byte 0xFF is invalid UTF-8; byte 0x01 makes the tokenizer throw.
class fake_model final : public model {
public:
  explicit fake_model(std::shared_ptr<fake_device> device, std::string name = "m", uint32_t tokens_max = 256)
      : device_(std::move(device)) {
    info_ = {.name = std::move(name),
             .version = "0123456789ab",
             .dimensions = fake_engine_dimensions,
             .tokens_max = tokens_max,
             .weights_bytes = 1'000};
  }

  const model_info& info() const noexcept override { return info_; }

  result<token_sequence> tokenize(std::string_view text, const embed_options& options) const override {
    token_sequence out;
    out.ids.push_back(101);
    for (auto byte : text) {
      auto value = static_cast<unsigned char>(byte);
      if (value == 0xFF)
        return failure{errc::invalid_utf8, "not UTF-8"};
      if (value == 0x01)
        throw std::runtime_error("the tokenizer died");
      if (out.ids.size() + 1 == info_.tokens_max) {
        if (!options.truncate)
          return failure{errc::text_too_long, "too long"};
        out.truncated = true;
        break;
      }
      out.ids.push_back(value);
    }
    out.ids.push_back(102);
    return out;
  }

  /// Words.
  uint64_t count_tokens(std::string_view text) const override {
    uint64_t words = 0;
    bool inside = false;
    for (auto byte : text) {
      const bool is_space = byte == ' ' || byte == '\n' || byte == '\t';
      words += !is_space && !inside;
      inside = !is_space;
    }
    return words;
  }

  result<std::unique_ptr<engine>> make_engine(const engine_options& options) const override {
    if (device_->engines_to_refuse.fetch_sub(1) > 0)
      return failure{errc::model_unusable, "no memory for an engine"};
    return std::unique_ptr<engine>{std::make_unique<fake_engine>(device_, options.index)};
  }

  std::optional<uint32_t> devices() const noexcept override {
    const int count = device_->devices;
    return count < 0 ? std::nullopt : std::optional{static_cast<uint32_t>(count)};
  }

  /// What the fake engine answers for a text.
  std::vector<float> vector(std::string_view text) const {
    auto tokens = tokenize(text, {});
    return fake_vector(tokens->ids.data(), tokens->ids.size());
  }

private:
  std::shared_ptr<fake_device> device_;
  model_info info_;
};

} // namespace weft::test
