#include "node/model_side.hpp"

#include "node/model/model_fetcher.hpp"
#include "node/options.hpp"
#include "node/peer/grpc_model_link.hpp"
#include "node/service_manager.hpp"

#include <algorithm>
#include <future>
#include <set>

namespace weft {
namespace {

using namespace std::chrono_literals;

// How often the main thread looks whether the fetching is over.
constexpr auto look_pause = 20ms;
// A service manager that limits the time of a start is told that this one goes on; for 30 s more, every 5 s.
constexpr auto extend_every = 5s;
constexpr const char* extend_start = "EXTEND_TIMEOUT_USEC=30000000";
constexpr auto relay_grace = 2s;

std::string megabytes(uint64_t bytes) {
  return std::to_string((bytes + 500'000) / 1'000'000);
}

/// The members that a node may ask which is not among them: never itself.
std::vector<std::string> other_nodes(const node_config& config, const std::vector<std::string>& known_peers) {
  std::vector<std::string> out;
  std::set<std::string> told{config.node.peer, config.node.peer_advertise};
  for (const auto* list : {&config.cluster.seeds, &known_peers})
    for (const auto& address : *list)
      if (told.insert(address).second)
        out.push_back(address);
  return out;
}

fetch_listener make_listener(model_relay& relay, std::shared_ptr<node_log> log) {
  fetch_listener out;
  out.on_shelf = [&relay](auto shelf) { relay.offer(std::move(shelf)); };
  out.on_source = [log](const std::string& address) {
    log->write(log_level::info, "model", "fetching the model", {{"from", address}});
  };
  out.on_trouble = [log](const std::string& address, const failure& why) {
    log->write(log_level::info, "model", "a node does not give the model",
               {{"peer", address}, {"code", std::string{to_string(why.code)}}, {"reason", why.message}});
  };
  out.on_other_process = [log] {
    log->write(log_level::info, "model", "another process fetches the model into this folder, waiting for it");
  };
  return out;
}

void log_fetched(node_log& log, const fetched_model& fetched) {
  uint64_t bytes = 0;
  std::string from;
  for (const auto& [address, count] : fetched.bytes_from) {
    bytes += count;
    from += (from.empty() ? "" : ", ") + address + ' ' + megabytes(count) + " MB";
  }
  const auto milliseconds = std::to_string(fetched.took.count() % 1000);
  log.write(log_level::info, "model", "model fetched",
            {{"version", fetched.files.version},
             {"directory", fetched.files.directory.string()},
             {"from", from},
             {"megabytes", megabytes(bytes)},
             {"megabytes_before", megabytes(fetched.bytes_before)},
             {"seconds", std::to_string(fetched.took.count() / 1000) + '.' + std::string(3 - milliseconds.size(), '0') +
                             milliseconds}});
}

/// Runs it beside, so that this thread hears signals.
result<fetched_model> run_heeding(model_fetcher& fetcher, event_source& events, node_log& log) {
  auto running = std::async(std::launch::async, [&fetcher] { return fetcher.run(); });
  auto extend_at = std::chrono::steady_clock::now();
  while (running.wait_for(0s) != std::future_status::ready) {
    if (std::chrono::steady_clock::now() >= extend_at) {
      notify_service_manager(extend_start);
      extend_at += extend_every;
    }
    const auto event = events.wait(look_pause);
    if (!event)
      continue;
    if (event->event == node_event::terminate)
      fetcher.stop();
    else if (event->event == node_event::reload)
      log.write(log_level::warn, "model", "reload refused: the node still starts");
  }
  return running.get();
}

} // namespace

result<std::unique_ptr<model_side>> model_side::open(const inputs& in) {
  std::unique_ptr<model_side> out{new model_side};
  const auto directory = model_directory(in.config->model, *in.environment);
  auto addresses = other_nodes(*in.config, in.known_peers);
  if (in.config->model.fetch && !addresses.empty())
    if (auto fetched = out->fetch(in, directory, std::move(addresses)); !fetched)
      return fetched.error();
  if (out->files_.version.empty()) {
    auto files = check_model_files(directory);
    if (!files)
      return files.error();
    out->files_ = *std::move(files);
  }
  auto shelf = model_shelf::whole(out->files_, in.config->model.name);
  if (!shelf)
    return shelf.error();
  out->service_ = std::make_shared<model_service>(model_service::options{.cluster_id = in.config->cluster.id});
  out->service_->offer(*std::move(shelf));
  return out;
}

model_side::~model_side() {
  if (service_)
    close();
}

/// Does nothing where the folder has a model.
status model_side::fetch(const inputs& in, const std::filesystem::path& directory, std::vector<std::string> addresses) {
  auto target = look_at_target(directory);
  if (!target)
    return target.error();
  if (!target->wanted)
    return ok;
  in.log->write(log_level::info, "model", "the model is not here, asking other nodes for it",
                {{"model", in.config->model.name},
                 {"directory", directory.string()},
                 {"nodes", std::to_string(addresses.size())}});
  auto relay = model_relay::start(to_model_relay_options(*in.config));
  if (!relay)
    return relay.error();
  relay_ = *std::move(relay);
  auto link = grpc_model_link::make(to_model_link_options(*in.config, relay_->data_address()));
  if (!link)
    return link.error();
  model_fetcher fetcher{
      {.model = in.config->model.name, .addresses = std::move(addresses), .pinned = std::move(target->pinned)},
      directory,
      **link,
      make_listener(*relay_, in.log)};
  auto fetched = run_heeding(fetcher, *in.events, *in.log);
  if (!fetched)
    return fetched.error();
  log_fetched(*in.log, *fetched);
  files_ = std::move(fetched->files);
  return ok;
}

void model_side::leave_relay() {
  if (relay_)
    relay_->stop(relay_grace);
  relay_.reset();
}

} // namespace weft
