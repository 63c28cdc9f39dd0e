#pragma once

#include "node/model/model_manifest.hpp"

#include <functional>
#include <string>
#include <vector>

namespace weft {

/// What a node says of the model that it has, or fetches.
struct model_offer {
  model_manifest manifest;           ///< not checked yet
  std::vector<std::string> upstream; ///< data addresses of nodes that fetch it, too; the one to try first comes first
};

/// The way to nodes that may have the model. Its questions block, each for a limited time; cancel() is thread-safe.
class model_link {
public:
  virtual ~model_link() = default;

  /// Data addresses of nodes to ask; address: where a node listens for members (cluster.seeds).
  /// Errors: errc::unavailable, deadline_exceeded, and what the other node answers.
  virtual result<std::vector<std::string>> find(const std::string& address) = 0;

  /// What the files are. Also tells that this node fetches them. Errors: as find().
  virtual result<model_offer> describe(const std::string& address, const std::string& model) = 0;

  struct range {
    std::string version;
    std::string file;
    uint64_t offset = 0; ///< where a piece begins
    uint32_t pieces_max = 1;
  };
  /// Pieces of a file, in order, until all came, the other node has no more at present, or `take` says false. Good as
  /// far as it came, whatever it returns. Errors: as find(), and errc::overloaded, which says when to come back.
  virtual status fetch(const std::string& address, const range& what,
                       const std::function<bool(std::string piece)>& take) = 0;

  /// Ends the question that is on its way, and each later one at once, with errc::unavailable.
  virtual void cancel() = 0;
};

} // namespace weft
