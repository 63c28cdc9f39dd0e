#include "node/running_node.hpp"

#include "node/cache_stores.hpp"
#include "node/call_log.hpp"
#include "node/config/address.hpp"
#include "node/config/reload.hpp"
#include "node/cpus.hpp"
#include "node/device_reports.hpp"
#include "node/device_side.hpp"
#include "node/devices/device_rank_carrier.hpp"
#include "node/failpoint.hpp"
#include "node/job_logs.hpp"
#include "node/memory.hpp"
#include "node/metrics/node_meter.hpp"
#include "node/options.hpp"
#include "node/pages.hpp"
#include "node/version.hpp"
#include "runtime/compute/collective/close_aside.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <cstdlib>

namespace weft {
namespace {

result<model_ptr> open_reported(const bert_model_options& options, const device_use& devices, node_log& log,
                                event_source& events) {
  const auto began = std::chrono::steady_clock::now();
  auto model = open_device_model(options, devices);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  if (!model)
    events.post(node_event::model_failed, "model " + options.name + ": " + model.error().message);
  else
    log.write(log_level::info, "node", "model opened",
              {{"model", options.name},
               {"precision", std::string{to_string((*model)->info().precision)}},
               {"directory", options.directory.string()},
               {"milliseconds", std::to_string(took)}});
  return model;
}

} // namespace

result<std::unique_ptr<running_node>> running_node::start(inputs in) {
  std::unique_ptr<running_node> out{new running_node(std::move(in))};
  if (auto opened = out->open_parts(); !opened)
    return opened.error();
  return out;
}

running_node::~running_node() {
  if (stop_backups_)
    stop_backups_();
  if (settings_link_)
    settings_link_->close(); // its answers go to actors, which end before it
  if (entries_)
    entries_->close();
  if (job_link_)
    job_link_->close();
  if (ranks_)
    ranks_->close(); // whoever waits for other ranks hears it, and ends
}

status running_node::open_parts() {
  auto data = data_dir::open(data_directory(in_.config.node, in_.environment));
  if (!data)
    return data.error();
  data_ = std::move(*data);
  if (auto opened = open_settings(); !opened)
    return opened;
  auto model = model_side::open({.config = &in_.config,
                                 .environment = &in_.environment,
                                 .known_peers = read_known_peers(data_->path()),
                                 .log = in_.log,
                                 .events = in_.events});
  if (!model)
    return model.error();
  model_ = *std::move(model);
  if (auto started = start_tree(model_->files().directory, model_->files().version); !started)
    return started;
  return start_listeners();
}

status running_node::open_settings() {
  configured_keys_->set(std::make_shared<const std::vector<api_key>>(to_api_keys(in_.config)));
  const auto identity =
      open_boot_record(data_->path(), std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (!identity)
    return identity.error();
  identity_ = *identity;
  settings_ = std::make_shared<settings_store>(data_->path(), in_.log);
  if (const auto stored = settings_->load()) {
    settings_map map;
    map.merge(stored->entries);
    effects_->set(std::make_shared<const settings_effects>(effects_of(map)));
  }
  auto link = settings_link::make(to_settings_link_options(in_.config));
  if (!link)
    return link.error();
  settings_link_ = *std::move(link);
  return ok;
}

settings_options running_node::make_settings_options() {
  settings_options out;
  out.self = identity_.node;
  out.now = wall_now;
  out.load = [store = settings_] { return store->load(); };
  out.save = [store = settings_](const std::string& bytes) { return store->save(bytes); };
  out.check = [configured = configured_keys_](const settings_effects& after) {
    return check_operator_stays(join_api_keys(*configured->get(), after));
  };
  out.changed = [to = effects_, events = in_.events](settings_effects_ptr effects) {
    if (*effects == *to->get())
      return; // what was read at the start
    to->set(std::move(effects));
    events->post(node_event::settings);
  };
  out.ask = [link = settings_link_](const cluster_member& peer, const settings_question& question, auto done) {
    link->ask(peer.data_address, question, std::move(done));
  };
  out.current = [flag = settings_current_] { *flag = true; };
  const auto& own = in_.config.node;
  auto addresses = read_known_peers(data_->path());
  addresses.insert(addresses.end(), in_.config.cluster.seeds.begin(), in_.config.cluster.seeds.end());
  out.peers_expected =
      std::ranges::any_of(addresses, [&](const std::string& it) { return it != own.peer && it != own.peer_advertise; });
  return out;
}

status running_node::open_jobs(tree_options& options) {
  if (!in_.config.jobs.enabled)
    return ok;
  auto link = grpc_job_link::make(to_job_link_options(in_.config));
  if (!link)
    return link.error();
  job_link_ = *std::move(link);
  auto ranks = grpc_rank_carrier::make(to_rank_carrier_options(in_.config));
  if (!ranks)
    return ranks.error();
  ranks_ = *std::move(ranks);
  auto opened = open_job_log(in_.config, data_->path(), in_.log);
  if (!opened)
    return opened.error();
  backups_ = std::move(opened->backups);
  stop_backups_ = std::move(opened->stop_backups);
  options.jobs = to_job_options(in_.config, usable_cpus());
  options.jobs.self = identity_.node;
  options.jobs.now = wall_now;
  options.jobs.log = std::move(opened->log);
  options.jobs.link = job_link_;
  options.corpora = to_device_group_options(in_.config, usable_memory());
  const auto told = [log = in_.log](const std::string& text) { log->write(log_level::info, "corpora", text); };
  // A device that is fenced fails ranks as it fails engines.
  const auto usable = [board = devices_.board] { return !board || board->first_usable(); };
  options.jobs.ranks = std::make_shared<device_rank_carrier>(ranks_, devices_.ranks, told, usable);
  options.threads_aside = [devices = devices_.ranks](std::chrono::milliseconds wait_max) {
    return closings_left(wait_max, devices.get());
  };
  options.jobs.failpoint = failpoint_of(in_.environment);
  return ok;
}

status running_node::start_tree(const std::filesystem::path& model_directory, const std::string& model_version) {
  registry_ = std::make_shared<prometheus::Registry>();
  meter_ = std::make_shared<node_meter>(registry_);
  devices_ = open_devices(in_.config, data_->path(), in_.log, meter_);
  device_reports_ = report_devices(devices_.board, in_.log);
  const bert_model_options model{.directory = model_directory,
                                 .name = in_.config.model.name,
                                 .version = model_version,
                                 .precision = in_.config.model.precision};
  tree_options options;
  options.node_name = in_.config.node.name;
  options.version = release_version;
  options.models = {{.name = model.name,
                     .load = in_.config.model.load == load_policy::lazy ? model_load::lazy : model_load::kept,
                     .open = [model, devices = devices_, log = in_.log, events = in_.events] {
                       return open_reported(model, devices, *log, *events);
                     }}};
  options.pools = to_pools(in_.config, usable_cpus());
  options.scaling = to_scaling(in_.config);
  options.settings = make_settings_options();
  options.limits = to_call_limits(in_.config);
  options.cache = to_cache_options(in_.config);
  options.compress = to_compress_options(in_.config);
  options.documents = to_document_options(in_.config);
  options.cache.stores = open_cache_stores(in_.config, data_->path(), in_.log);
  if (auto opened = open_jobs(options); !opened)
    return opened;
  options.scheduler_threads = in_.config.node.scheduler_threads;
  options.meter = meter_;
  auto link = grpc_peer_link::make(to_peer_link_options(in_.config));
  if (!link)
    return link.error();
  link_ = *std::move(link);
  options.peers = link_;
  auto entries = grpc_entry_link::make(to_entry_link_options(in_.config));
  if (!entries)
    return entries.error();
  entries_ = *std::move(entries);
  options.cache.link = entries_;
  options.on_unhealthy = [events = in_.events](std::string reason) {
    events->post(node_event::unhealthy, std::move(reason));
  };
  options.on_left_behind = [log = in_.log, ends_with = ends_with_](size_t threads) {
    log->write(log_level::error, "node",
               "threads that work on corpora have not ended, or hang in a driver: the process ends without them",
               {{"threads", std::to_string(threads)}});
    log->close();
    std::_Exit(static_cast<int>(ends_with->load())); // destroying what they use would hang as well
  };
  options.log = [log = in_.log](std::string_view level, std::string_view actor, std::string_view text) {
    log->write(parse_log_level(level), actor, text);
  };
  tree_ = std::make_unique<actor_tree>(std::move(options));
  look_ = [meter = meter_, devices = device_reports_] {
    auto facts = look_at_process();
    facts.devices = devices();
    for (const auto& step : meter->embed_latency())
      facts.call_latency.push_back({.seconds_max = step.seconds_max, .calls = step.calls});
    return facts;
  };
  auto reports = report_link::make(to_report_link_options(in_.config));
  if (!reports)
    return reports.error();
  reports_ = *std::move(reports);
  auto served = to_grpc_options(in_.config, usable_cpus());
  served.log = make_call_log(in_.log);
  served.api_keys = join_api_keys(*configured_keys_->get(), *effects_->get());
  served.current = settings_current_;
  served.settings = [tree = tree_.get()](settings_request request, auto done) {
    tree->ask_settings(std::move(request), std::move(done));
  };
  served.look = look_;
  if (in_.config.jobs.enabled)
    served.jobs = tree_->jobs();
  served.backups = backups_;
  served.reports = [link = reports_](auto done) { link->ask(std::move(done)); };
  served.cached = [tree = tree_.get()](cache_question question, auto done) {
    tree->look_up(std::move(question), std::move(done));
  };
  served.compress_table = [tree = tree_.get()](auto done) { tree->describe_policy(std::move(done)); };
  served.documents = tree_->documents();
  served.drain = [events = in_.events] { events->post(node_event::drain, "weft node drain"); };
  grpc_ = std::make_unique<grpc_server>(served, tree_->entrance(), tree_->view(), meter_);
  return ok;
}

status running_node::start_listeners() {
  auto port = grpc_->start();
  if (!port)
    return failure{.code = port.error().code, .message = "node.listen: " + port.error().message};
  client_port_ = *port;
  const page_sources pages{.view = tree_->view(),
                           .registry = registry_,
                           .log = in_.log,
                           .membership = membership_,
                           .devices = device_reports_,
                           .jobs = [tree = tree_.get()]() -> std::optional<std::pair<jobs_counters, job_log_counters>> {
                             const auto counts = tree->count_jobs();
                             if (!counts.kept)
                               return std::nullopt;
                             return std::pair{counts.core, counts.log};
                           },
                           .corpora = [tree = tree_.get()] { return tree->count_corpora(); },
                           .draining = draining_,
                           .jobs_read = [this] { return jobs_read(); },
                           .current = settings_current_};
  auto http = http_server::start(to_http_options(in_.config), make_pages(pages));
  if (!http)
    return failure{.code = http.error().code, .message = "node.http: " + http.error().message};
  http_ = std::move(*http);
  const auto& node = in_.config.node;
  model_->leave_relay();
  auto peers = peer_side::start(
      {.config = &in_.config,
       .identity = identity_,
       .data = data_->path(),
       .client_address = node.advertise.empty() ? with_port(node.listen, client_port_) : node.advertise,
       .tree = tree_.get(),
       .link = link_,
       .reports = reports_,
       .look = look_,
       .entries = entries_,
       .model = model_->service(),
       .ranks = ranks_,
       .counts = meter_,
       .show_alone = [meter = meter_](bool alone) { meter->show_alone(alone); },
       .figures = membership_,
       .log = in_.log,
       .events = in_.events});
  if (!peers)
    return peers.error();
  peers_ = std::move(*peers);
  return ok;
}

void running_node::announce() {
  grpc_->set_serving(true);
  peers_->set_phase(member_phase::serving);
  in_.log->write(log_level::info, "node", "ready",
                 {{"name", in_.config.node.name},
                  {"listen", with_port(in_.config.node.listen, client_port_)},
                  {"http", with_port(in_.config.node.http, http_->port())},
                  {"peer", peers_->address()},
                  {"cluster", in_.config.cluster.id},
                  {"version", release_version},
                  {"model", in_.config.model.name},
                  {"data_dir", data_->path().string()}});
}

void running_node::reload(const node_config& wanted) {
  const auto change = plan_reload(in_.config, wanted);
  auto configured = to_api_keys(change.config);
  if (auto keys = grpc_->set_api_keys(join_api_keys(configured, *effects_->get())); !keys) {
    in_.log->write(log_level::error, "node", "reload refused, the running configuration stays",
                   {{"reason", keys.error().message}});
    return;
  }
  configured_keys_->set(std::make_shared<const std::vector<api_key>>(std::move(configured)));
  in_.config = change.config;
  in_.log->set_level(in_.config.log.level);
  in_.log->set_format(in_.config.log.format);
  tree_->reconfigure(to_call_limits(in_.config), to_pools(in_.config, usable_cpus()));
  for (const auto& line : change.applied)
    in_.log->write(log_level::info, "node", "changed", {{"key", line}});
  for (const auto& line : change.needs_restart)
    in_.log->write(log_level::warn, "node", "needs a restart", {{"key", line}});
  in_.log->write(log_level::info, "node", "reloaded",
                 {{"changed", std::to_string(change.applied.size())},
                  {"needs_restart", std::to_string(change.needs_restart.size())}});
}

void running_node::apply_settings() {
  const auto effects = effects_->get();
  if (auto keys = grpc_->set_api_keys(join_api_keys(*configured_keys_->get(), *effects)); !keys)
    in_.log->write(log_level::error, "settings", "the API keys of the settings cannot be used, the old ones stay",
                   {{"reason", keys.error().message}});
  in_.log->write(log_level::info, "settings", "applied",
                 {{"api_keys", std::to_string(effects->api_keys.size())},
                  {"tenants_suspended", std::to_string(effects->tenants_suspended.size())},
                  {"cache_generation", std::to_string(effects->cache_generation)}});
}

void running_node::begin_drain() {
  draining_ = true;
  grpc_->set_serving(false);
  peers_->set_phase(member_phase::draining);
  // Streams first: what they have read goes through the same door as everything else.
  grpc_->drain(
      [tree = tree_.get(), events = in_.events] { tree->drain([events] { events->post(node_event::drained); }); });
}

void running_node::stop(std::chrono::milliseconds grace, exit_code code) {
  *ends_with_ = code;
  if (stop_backups_)
    stop_backups_(); // the listener closes when every call is answered
  grpc_->shutdown(grace);
  model_->close();                            // the listener closes when nobody is given anything
  peers_->stop(std::chrono::milliseconds{0}); // it has left the cluster: who asks now does not know yet
}

} // namespace weft
