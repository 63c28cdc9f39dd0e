#include "node/weftd.hpp"

#include "node/config/load.hpp"
#include "node/cpus.hpp"
#include "node/events.hpp"
#include "node/heap_arenas.hpp"
#include "node/options.hpp"
#include "node/running_node.hpp"
#include "node/service_manager.hpp"

#include <cstdlib>
#include <iostream>

namespace weft {
namespace {

using namespace std::chrono_literals;

// How often a loading model is looked at; only between start and "ready".
constexpr auto ready_poll = 10ms;
// Streams may stay open when all their items are answered; a client has this long to see it.
constexpr auto stream_grace = 1s;
// A goodbye takes 2 s at most; whoever missed it finds out.
constexpr auto leave_max = 3s;

exit_code report(const std::vector<std::string>& lines, exit_code code) {
  for (const auto& line : lines)
    std::cerr << "weftd: " << line << '\n';
  return code;
}

exit_code check(const node_config& config) {
  const auto options = to_grpc_options(config, usable_cpus());
  if (auto tls = make_credentials(options.tls, config.node.listen, options.allow_plaintext); !tls)
    return report({tls.error().message}, exit_code::usage);
  if (auto keys = key_ring::make(options.api_keys); !keys)
    return report({"auth.api_keys: " + keys.error().message}, exit_code::usage);
  std::cout << to_toml(config);
  return std::cout.flush() ? exit_code::success : exit_code::failed;
}

/// The life of one process, from its configuration to its exit code.
class life {
public:
  life(config_sources sources, node_log& log, event_source& events, running_node& node)
      : sources_(std::move(sources)), log_(log), events_(events), node_(node) {}

  exit_code run() {
    while (true) {
      const bool loaded = node_.loaded(); // before the look at the events: a failure is posted first
      const auto event = events_.wait(announced_ ? std::chrono::milliseconds{1h} : loaded ? 0ms : ready_poll);
      if (!event) {
        if (loaded && !announced_)
          announce();
        continue;
      }
      switch (event->event) {
      case node_event::unhealthy:
        return unhealthy(event->detail);
      case node_event::terminate:
      case node_event::drain:
        return drain(event->detail);
      case node_event::reload:
        reload();
        break;
      case node_event::model_failed: // later, of a lazy model: calls are answered so, and it is tried again
        if (!announced_)
          return fail(event->detail);
        break;
      case node_event::settings:
        node_.apply_settings();
        break;
      case node_event::known_peers:
        node_.keep_known_peers(event->detail);
        break;
      case node_event::drained:
      case node_event::left:
        break;
      }
    }
  }

private:
  void announce() {
    announced_ = true;
    node_.announce();
    notify_service_manager("READY=1");
  }

  void reload() {
    notify_service_manager("RELOADING=1");
    const auto loaded = load_config(sources_);
    for (const auto& line : loaded.errors)
      log_.write(log_level::error, "node", "reload refused, the running configuration stays", {{"reason", line}});
    if (loaded.config)
      node_.reload(*loaded.config);
    notify_service_manager("READY=1");
  }

  exit_code drain(const std::string& signal) {
    const auto limit = std::chrono::seconds{node_.config().node.drain_seconds_max};
    notify_service_manager("STOPPING=1");
    const auto in_flight = node_.calls_in_flight();
    node_.begin_drain();
    log_.write(log_level::info, "node", "draining: no new calls, waiting for those in flight",
               {{"signal", signal},
                {"calls_in_flight", std::to_string(in_flight)},
                {"seconds_max", std::to_string(limit.count())}});
    const auto until = std::chrono::steady_clock::now() + limit;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      const auto event = events_.wait(std::max(left, 0ms));
      if (!event)
        return give_up("drain limit passed");
      if (event->event == node_event::drained)
        return leave();
      if (event->event == node_event::terminate)
        stop_at_once(event->detail);
      if (event->event == node_event::unhealthy)
        return unhealthy(event->detail);
    }
  }

  exit_code leave() {
    node_.leave();
    const auto until = std::chrono::steady_clock::now() + leave_max;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      const auto event = events_.wait(std::max(left, 0ms));
      if (!event || event->event == node_event::left)
        return stopped();
      if (event->event == node_event::terminate)
        stop_at_once(event->detail);
    }
  }

  exit_code stopped() {
    events_.restore_signals();
    node_.stop(stream_grace, exit_code::success);
    log_.write(log_level::info, "node", "stopped, every call was answered");
    return exit_code::success;
  }

  exit_code give_up(const char* why) {
    log_.write(log_level::warn, "node", "stopping with calls in flight",
               {{"reason", why}, {"calls_in_flight", std::to_string(node_.calls_in_flight())}});
    events_.restore_signals();
    node_.stop(0ms, exit_code::timed_out);
    return exit_code::timed_out;
  }

  // No destructors: what hangs must not hang this.
  [[noreturn]] void stop_at_once(const std::string& signal) {
    log_.write(log_level::warn, "node", "second signal: stopping at once", {{"signal", signal}});
    log_.close();
    std::_Exit(static_cast<int>(exit_code::timed_out));
  }

  exit_code unhealthy(const std::string& reason) {
    log_.write(log_level::error, "node", "unhealthy, stopping", {{"reason", reason}});
    events_.restore_signals();
    node_.stop(0ms, exit_code::unhealthy);
    return exit_code::unhealthy;
  }

  exit_code fail(const std::string& reason) {
    log_.write(log_level::error, "node", "cannot start", {{"reason", reason}});
    return exit_code::failed;
  }

  config_sources sources_;
  node_log& log_;
  event_source& events_;
  running_node& node_;
  bool announced_ = false;
};

} // namespace

exit_code serve(const serve_command& command) {
  bound_heap_arenas(usable_cpus());
  event_source events; // first: threads inherit the blocked signals
  const config_sources sources{
      .file = command.config, .environment = process_environment(), .flags = command.overrides};
  auto loaded = load_config(sources);
  if (!loaded.config)
    return report(loaded.errors, exit_code::usage);
  if (command.check_config) {
    report(loaded.notes, exit_code::success);
    return check(*loaded.config);
  }
  auto log = node_log::open(to_log_options(*loaded.config));
  if (!log)
    return report({log.error().message}, exit_code::failed);
  for (const auto& note : loaded.notes)
    (*log)->write(log_level::warn, "config", note);
  auto node = running_node::start(
      {.config = *loaded.config, .environment = sources.environment, .log = *log, .events = &events});
  if (!node && node.error().code == errc::cancelled) {
    (*log)->write(log_level::info, "node", "stopped while it started", {{"reason", node.error().message}});
    return exit_code::success;
  }
  if (!node) {
    (*log)->write(log_level::error, "node", "cannot start", {{"reason", node.error().message}});
    // Whoever typed the command looks at the terminal, not into the log's file.
    if (!loaded.config->log.file.empty())
      return report({node.error().message}, exit_code::failed);
    return exit_code::failed;
  }
  return life{sources, **log, events, **node}.run();
}

} // namespace weft
