#include "node/peer/report_link.hpp"

#include "node/peer/channel_cache.hpp"
#include "node/peer/open_rpcs.hpp"
#include "weft/peer/v1/report.grpc.pb.h"

#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {
namespace {

namespace pb = weft::peer::v1;
using steady = std::chrono::steady_clock;
using reports = std::unordered_map<node_id, v1::Node>;
using waiter = std::function<void(node_reports)>;

/// One member's part of a round.
struct question {
  node_id node{};
  std::shared_ptr<grpc::ClientContext> context = std::make_shared<grpc::ClientContext>();
  pb::GetReportRequest request;
  pb::GetReportResponse response;
};

bool answers(const cluster_member& member) noexcept {
  return !member.data_address.empty() && member.condition != member_condition::dead &&
         member.condition != member_condition::left;
}

} // namespace

/// Outlives the questions: close() waits for them.
struct report_link::parts {
  parts(report_link_options given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : options(std::move(given)), open(options.nodes_max), channels(std::move(credentials), options.nodes_max) {}

  const report_link_options options;
  open_rpcs open;

  std::mutex mutex; // guards the rest
  channel_cache channels;
  cluster_view_ptr view = std::make_shared<const cluster_view>();
  node_reports last = std::make_shared<const reports>();
  std::optional<steady::time_point> last_at;
  std::vector<waiter> waiting;
  reports coming;       ///< of the round on its way
  size_t questions = 0; ///< of it, not answered yet; 0: there is none

  bool is_fresh() const { return last_at && steady::now() - *last_at < options.fresh_for; }

  /// Whom the next round asks, and through which connection. REQUIRES: the lock.
  std::vector<std::pair<node_id, std::shared_ptr<grpc::Channel>>> whom() {
    std::vector<std::pair<node_id, std::shared_ptr<grpc::Channel>>> out;
    for (const auto& member : view->members)
      if (member.node != view->self && answers(member) && out.size() < options.nodes_max)
        out.emplace_back(member.node, channels.to(member.data_address));
    return out;
  }

  void send(node_id node, const std::shared_ptr<grpc::Channel>& channel) {
    auto asked = std::make_shared<question>();
    asked->node = node;
    asked->context->set_deadline(std::chrono::system_clock::now() + options.answer_time_max);
    if (!open.enter(asked->context))
      return take(node, nullptr);
    pb::ReportService::NewStub(channel)->async()->GetReport(
        asked->context.get(), &asked->request, &asked->response, [p = this, asked](const grpc::Status& ended) mutable {
          const auto leaving = p->open.leave(asked->context);
          const auto over = std::move(asked); // before it has left
          p->take(over->node, ended.ok() ? over->response.mutable_node() : nullptr);
        });
  }

  /// report: null: there is none.
  void take(node_id node, v1::Node* report) {
    std::unique_lock hold(mutex);
    if (report != nullptr)
      coming[node].Swap(report);
    if (--questions > 0)
      return;
    last = std::make_shared<const reports>(std::exchange(coming, {}));
    last_at = steady::now();
    const auto told = std::exchange(waiting, {});
    const auto all = last;
    hold.unlock();
    for (const auto& done : told)
      done(all);
  }
};

result<std::shared_ptr<report_link>> report_link::make(const report_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::shared_ptr<report_link>(new report_link(std::make_shared<parts>(options, *std::move(credentials))));
}

report_link::~report_link() {
  close();
}

void report_link::set_members(cluster_view_ptr view) {
  const std::lock_guard hold(parts_->mutex);
  parts_->view = std::move(view);
}

void report_link::ask(waiter done) {
  auto& p = *parts_;
  std::unique_lock hold(p.mutex);
  if (p.is_fresh() || p.waiting.size() >= p.options.waiting_max) {
    const auto known = p.last;
    hold.unlock();
    return done(known);
  }
  p.waiting.push_back(std::move(done));
  if (p.questions > 0)
    return; // its round is on its way
  const auto asked = p.whom();
  p.questions = asked.size() + 1; // one for this thread, so that the round cannot end before all were asked
  hold.unlock();
  for (const auto& [node, channel] : asked)
    p.send(node, channel);
  p.take(node_id{}, nullptr);
}

void report_link::close() {
  parts_->open.close();
}

} // namespace weft
