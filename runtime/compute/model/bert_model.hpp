#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"
#include "runtime/ports/model.hpp"

#include <filesystem>
#include <string>

namespace weft {

struct bert_model_options {
  std::filesystem::path directory;                        ///< model.safetensors, config.json, vocab.txt
  std::string name;                                       ///< as clients call it
  std::string version;                                    ///< first 12 hex digits of the SHA-256 of model.safetensors
  weft::precision precision = weft::precision::automatic; ///< resolved here: info() never says "auto"
  bool engines = true;                                    ///< false: its engines are somebody else's
};

/// Opens a BERT-like sentence encoder: weights mapped and packed once, engines of make_engine() share them. Without
/// engines nothing is packed, the class is not looked at, and make_engine() fails with errc::engine_failed.
/// A text has at most the tokens that sentence_bert_config.json gives (max_seq_length; 256 without that file).
/// Fails with errc::model_unusable: a file is missing or malformed, or this CPU cannot compute in that precision.
result<model_ptr> open_bert_model(const bert_model_options& options);

} // namespace weft
