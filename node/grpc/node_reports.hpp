#pragma once

#include "runtime/base/ids.hpp"

#include <functional>
#include <memory>
#include <unordered_map>

namespace weft::v1 {
class Node;
}

namespace weft {

/// What other nodes told of themselves, at most a second ago; nothing of those that did not answer. Never null.
using node_reports = std::shared_ptr<const std::unordered_map<node_id, v1::Node>>;

/// The way to them: `done` is called once, on any thread.
using node_report_door = std::function<void(std::function<void(node_reports)> done)>;

} // namespace weft
