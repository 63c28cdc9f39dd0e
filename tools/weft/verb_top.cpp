#include "tools/weft/byte_reader.hpp"
#include "tools/weft/endpoint.hpp"
#include "tools/weft/known_nodes.hpp"
#include "tools/weft/live_screen.hpp"
#include "tools/weft/top_view.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <ctime>
#include <future>
#include <memory>
#include <thread>
#include <unistd.h>

namespace weft::cli {
namespace {

using steady = std::chrono::steady_clock;

struct options {
  std::string interval = "1s";
  uint64_t count = 0;
};

constexpr const char* footer =
    R"(On a terminal: a live screen; q quits. Elsewhere: one page, after one interval. With -o json or yaml: one object an
interval, until --count is reached or Ctrl-C. --timeout is for one look (default 3s).

Examples:
  weft top
  weft top --interval 5s --endpoint n1.example:7700
  weft top -o json --count 60 > minute.jsonl)";

constexpr std::chrono::milliseconds look_max{3000};

std::string formatted_time(const char* format, bool utc) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  utc ? gmtime_r(&now, &parts) : localtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

struct look_result {
  v1::ListNodesResponse nodes;
  std::optional<problem> trouble;
  steady::time_point at{};
};

look_result look(client& to, std::chrono::milliseconds limit) {
  look_result result;
  result.trouble = to.call_once(
      [&](const auto& channel, grpc::ClientContext& context) {
        return v1::NodeService::NewStub(channel)->ListNodes(&context, with_reports(), &result.nodes);
      },
      limit);
  result.at = steady::now();
  return result;
}

void take(top_state& state, look_result&& result, const std::string& endpoint) {
  state.clock = formatted_time("%H:%M:%S", false);
  state.endpoint = endpoint;
  state.trouble = result.trouble ? result.trouble->what : "";
  if (result.trouble)
    return; // the last page stays, with the trouble on it
  state.nodes = std::move(result.nodes);
  state.rate.look(state.nodes, result.at);
}

/// A look on a thread of its own, so that a silent node does not make the keys dead.
class background_look {
public:
  background_look(client& to, std::chrono::milliseconds limit)
      : result_(std::async(std::launch::async, [this, &to, limit] {
          auto result = look(to, limit);
          done_.give();
          return result;
        })) {}
  int descriptor() const { return done_.descriptor(); }
  look_result get() { return result_.get(); }

private:
  stop_signal done_;
  std::future<look_result> result_; ///< waits when it goes
};

/// Until the user quits, or `count` pages were shown.
void run_live(client& to, top_state& state, live_screen& screen, std::chrono::milliseconds limit, uint64_t count,
              bool colour) {
  const auto draw = [&] {
    screen.draw(top_page(state, size_of_terminal(STDOUT_FILENO).columns, colour) + paint("q quits", tone::dim, colour));
  };
  std::unique_ptr<background_look> pending;
  auto due = steady::now() + state.interval;
  draw();
  for (uint64_t shown = 1; count == 0 || shown < count;) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due - steady::now());
    const auto event = pending ? screen.next(std::chrono::hours{1}, pending->descriptor())
                               : screen.next(std::max(wait, std::chrono::milliseconds{0}), -1);
    if (event == live_screen::event::quit) {
      screen.hide(); // before waiting for the look on its way
      return;
    }
    if (event == live_screen::event::redraw)
      draw();
    if (event == live_screen::event::wake) {
      take(state, pending->get(), to.endpoint());
      pending.reset();
      draw();
      ++shown;
    }
    if (!pending && steady::now() >= due) {
      pending = std::make_unique<background_look>(to, limit);
      due = std::max(due + state.interval, steady::now());
    }
  }
}

exit_code run_lines(client& to, top_state& state, const session& s, std::chrono::milliseconds limit, uint64_t count) {
  out_file out{STDOUT_FILENO};
  const bool objects = s.format == output_format::json || s.format == output_format::yaml;
  for (uint64_t shown = 0; shown < (objects && count == 0 ? UINT64_MAX : std::max<uint64_t>(1, count)); ++shown) {
    std::this_thread::sleep_for(state.interval);
    auto result = look(to, limit);
    if (result.trouble)
      return report(*result.trouble);
    take(state, std::move(result), to.endpoint());
    const json object = objects ? top_json(state, formatted_time("%Y-%m-%dT%H:%M:%SZ", true)) : json{};
    out.write(s.format == output_format::json ? to_line(object) + "\n"
              : s.format == output_format::yaml
                  ? to_yaml(json::array({object}))
                  : top_page(state, s.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120,
                             s.out_terminal.colour));
    if (!out.flush())
      return out.closed() ? exit_code::ok : report({.what = "cannot write to standard output"});
  }
  return exit_code::ok;
}

exit_code run(session& s, const options& o) {
  const auto interval = parse_duration(o.interval);
  if (!interval || *interval < std::chrono::milliseconds{100})
    return report(
        usage_problem("--interval: " + (interval ? "'" + o.interval + "' is below 100ms" : interval.error().message)));
  const auto limit = s.timeout.value_or(look_max);
  top_state state;
  state.interval = *interval;
  const bool live = s.out_terminal.screen && (s.format == output_format::table || s.format == output_format::wide);
  // Takes its signals before gRPC starts threads; shows itself only once the node has answered.
  std::unique_ptr<live_screen> screen = live ? std::make_unique<live_screen>() : nullptr;
  client to{s.connection};
  auto first = look(to, limit);
  if (first.trouble)
    return report(*first.trouble);
  take(state, std::move(first), to.endpoint());
  if (!live)
    return run_lines(to, state, s, limit, o.count);
  screen->show();
  run_live(to, state, *screen, limit, o.count, s.out_terminal.colour);
  return exit_code::ok;
}

} // namespace

void add_top(CLI::App& program, common_options& common, action& chosen) {
  auto* verb = program.add_subcommand("top", "Watch the load of the nodes live");
  auto o = std::make_shared<options>();
  verb->add_option("--interval", o->interval, "Time between two looks (default 1s)")->type_name("TIME");
  verb->add_option("--count", o->count, "End after this many")->check(whole_number(1, 1'000'000'000))->type_name("N");
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return run(s, *o); }; });
}

} // namespace weft::cli
