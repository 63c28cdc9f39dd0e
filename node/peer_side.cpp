#include "node/peer_side.hpp"

#include "node/call_log.hpp"
#include "node/config/address.hpp"
#include "node/grpc/convert.hpp"
#include "node/logging/repeat_filter.hpp"
#include "node/options.hpp"
#include "node/peer/coarse_load.hpp"

#include <iterator>
#include <sstream>

namespace weft {
namespace {

// Who is refused tries again every 10 to 15 s, for ever: one line for each reason and hour.
constexpr repeat_filter::limits strangers{.burst = 1, .window = std::chrono::hours{1}, .subjects_max = 256};

std::string_view name_of(const member_event& event) {
  switch (event.change) {
  case member_change::joined:
    return "member joined";
  case member_change::changed:
    return event.record.state == member_state::suspect ? "member does not answer" : "member changed";
  case member_change::died:
    return "member died";
  case member_change::left:
    return "member left";
  }
  return "member changed";
}

log_level level_of(const member_event& event) {
  if (event.change == member_change::died)
    return log_level::warn;
  if (event.change == member_change::changed && event.record.state != member_state::suspect)
    return log_level::debug; // phases and loads: many
  return log_level::info;
}

void log_event(node_log& log, const member_event& event) {
  const auto level = level_of(event);
  if (!log.enabled(level))
    return;
  const auto& profile = *event.record.profile;
  log.write(level, "cluster", name_of(event),
            {{"name", profile.name},
             {"peer", profile.peer_address},
             {"zone", profile.zone},
             {"epoch", std::to_string(static_cast<uint64_t>(event.record.epoch))}});
}

/// Of members that have their model and go on.
std::shared_ptr<const std::vector<std::string>> data_addresses_of(const cluster_view& view, const std::string& own) {
  auto out = std::make_shared<std::vector<std::string>>(1, own);
  for (const auto& member : view.members)
    if ((member.condition == member_condition::serving || member.condition == member_condition::starting) &&
        !member.data_address.empty() && member.data_address != own &&
        out->size() < model_directory_service::addresses_max)
      out->push_back(member.data_address);
  return out;
}

} // namespace

result<std::unique_ptr<peer_side>> peer_side::start(const inputs& in) {
  std::unique_ptr<peer_side> out{new peer_side};
  out->events_ = in.events;
  out->data_ = in.data;
  out->link_ = in.link;
  out->entries_ = in.entries;
  out->ranks_ = in.ranks;
  auto served = to_peer_server_options(*in.config);
  served.log = make_call_log(in.log);
  served.cluster_id = in.config->cluster.id;
  served.settings = [tree = in.tree](settings_question question, auto done) {
    tree->ask_settings(std::move(question), std::move(done));
  };
  served.load = [tree = in.tree] { return tree->load(); };
  served.report = [view = in.tree->view(), look = in.look,
                   identity = node_identity{.endpoint = in.client_address,
                                            .region = in.config->cluster.region,
                                            .zone = in.config->cluster.zone}] {
    return write_get_node_reply(*view->snapshot(), identity, look());
  };
  served.entries = {
      .keep = [tree = in.tree](entry_parcel parcel,
                               auto done) { tree->keep_entries(std::move(parcel), std::move(done)); },
      .find = [tree = in.tree](std::vector<cache_key> keys,
                               auto done) { tree->find_entries(std::move(keys), std::move(done)); },
      .hottest = [tree = in.tree](uint32_t keys_max, auto done) { tree->hottest_keys(keys_max, std::move(done)); }};
  if (in.config->jobs.enabled)
    served.jobs = [tree = in.tree](job_request request, auto done) {
      tree->ask_jobs(std::move(request), std::move(done));
    };
  if (in.ranks)
    served.ranks = in.ranks->desk();
  served.model = in.model;
  out->server_ = std::make_unique<peer_server>(served, in.tree->entrance(), in.counts);
  const auto data_port = out->server_->start();
  if (!data_port)
    return failure{.code = data_port.error().code, .message = "node.peer_data: " + data_port.error().message};
  auto options = to_detector_options(*in.config);
  options.identity = in.identity;
  options.profile.client_address = in.client_address;
  for (auto& known : read_known_peers(in.data))
    options.addresses.push_back(std::move(known));
  options.profile.data_address = data_address(*in.config, *data_port);
  out->data_addresses_ = std::make_shared<published<std::vector<std::string>>>(
      std::make_shared<const std::vector<std::string>>(1, options.profile.data_address));
  options.exchange.beside = std::make_shared<model_directory_service>(
      in.config->cluster.id, [from = out->data_addresses_] { return *from->get(); });
  auto detecting = detector::start(std::move(options), out->make_listener(in));
  if (!detecting)
    return failure{.code = detecting.error().code, .message = "node.peer: " + detecting.error().message};
  out->detector_ = *std::move(detecting);
  return out;
}

peer_side::~peer_side() {
  if (server_)
    stop(std::chrono::milliseconds{0});
}

detector_listener peer_side::make_listener(const inputs& in) {
  detector_listener out;
  out.look = [this, view = in.tree->view()] {
    const auto node = view->snapshot();
    return local_state{.phase = phase_,
                       .health = node->state == node_state::unhealthy ? node_health::unhealthy : node_health::healthy,
                       .load = coarse_load(*node)};
  };
  out.on_view = [tree = in.tree, link = in.link, reports = in.reports, addresses = data_addresses_,
                 own = data_addresses_->get()->front()](cluster_view_ptr view) {
    addresses->set(data_addresses_of(*view, own));
    reports->set_members(view);
    link->set_members(*view); // before the actors, who may ask at once
    tree->set_members(std::move(view));
  };
  out.on_event = [log = in.log](const member_event& event) { log_event(*log, event); };
  out.on_refused = [log = in.log](const join_refused& refused) {
    log->write(log_level::error, "cluster", "join refused",
               {{"peer", refused.address},
                {"verdict", std::string{to_string(refused.answer.verdict)}},
                {"reason", refused.answer.reason}});
  };
  out.on_stranger = [log = in.log, told = std::make_shared<repeat_filter>(strangers)](const stranger_refused& it) {
    const auto verdict = std::string{to_string(it.answer.verdict)};
    if (told->pass(it.address + ' ' + verdict, std::chrono::steady_clock::now()))
      log->write(log_level::warn, "cluster", "refused a node that wants to join",
                 {{"peer", it.address}, {"verdict", verdict}, {"reason", it.answer.reason}});
  };
  out.on_alone = [log = in.log, show = in.show_alone](uint32_t addresses) {
    show(addresses > 0);
    if (addresses > 0)
      log->write(log_level::warn, "cluster", "alone: none of the seeds let this node join",
                 {{"seeds", std::to_string(addresses)}});
    else
      log->write(log_level::info, "cluster", "no longer alone");
  };
  out.on_unreachable = [log = in.log](const std::string& address, const std::string& why) {
    log->write(log_level::info, "cluster", "cannot reach a node to join through", {{"peer", address}, {"reason", why}});
  };
  out.on_superseded = [events = in.events](boot_epoch by) {
    events->post(node_event::unhealthy, "another process runs as this node (start " +
                                            std::to_string(static_cast<uint64_t>(by)) +
                                            "): its data folder was copied; give each node its own");
  };
  out.on_figures = [figures = in.figures](const membership_figures& latest) { figures->set(latest); };
  out.on_known_peers = [events = in.events](const std::vector<std::string>& addresses) {
    std::string all;
    for (const auto& address : addresses)
      all += (all.empty() ? "" : " ") + address;
    events->post(node_event::known_peers, all); // the disk may be slow: not on the detector's thread
  };
  return out;
}

void peer_side::stop(std::chrono::milliseconds grace) {
  if (ranks_)
    ranks_->close(); // streams last as long as their communicators: the server would wait for them
  server_->shutdown(grace);
  link_->close();
  if (entries_)
    entries_->close();
}

void peer_side::set_phase(member_phase phase) {
  phase_ = phase;
  detector_->refresh();
}

void peer_side::keep_known_peers(const std::string& addresses) const {
  std::istringstream in{addresses};
  write_known_peers(data_, {std::istream_iterator<std::string>{in}, {}});
}

void peer_side::leave() {
  detector_->leave([events = events_] { events->post(node_event::left); });
}

} // namespace weft
