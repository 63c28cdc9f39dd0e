#include "tools/weft/job_results.hpp"

#include "tools/weft/job_json.hpp"
#include "tools/weft/output.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace weft::cli {
namespace {

enum class stream_end { ended, stopped, lost };

/// Runs `stream` at one endpoint after the other, until it does not end as lost. It says what went wrong, and whether
/// anything came before that.
template <class Stream> std::optional<problem> follow(client& from, size_t rounds_max, Stream stream) {
  retry_policy retries{from.endpoints(), std::random_device{}(), rounds_max};
  for (bool reached = false;;) {
    auto trouble = from.connect();
    if (!trouble) {
      bool progressed = false;
      reached = true;
      if (stream(trouble, progressed) != stream_end::lost)
        return trouble;
      if (progressed)
        retries.progressed();
      from.next();
    } else if (!reached) {
      return trouble; // never reached anybody: say so at once
    }
    const auto step = retries.failed(trouble->retry_after);
    if (!step.again || !from.pause(step.wait))
      return trouble;
  }
}

/// What the end of a stream means. ended: its job has.
stream_end judge(const client& from, const grpc::ClientContext& context, const grpc::Status& status,
                 std::optional<problem>& trouble) {
  if (status.ok())
    return stream_end::ended;
  trouble = from.failed(status, context);
  return trouble->retryable ? stream_end::lost : stream_end::stopped;
}

} // namespace

std::optional<problem> read_results(client& from, const results_settings& settings, const result_sink& sink,
                                    results_totals& totals) {
  v1::JobServiceResultsRequest request;
  request.set_id(settings.id);
  request.set_from_item(settings.from);
  request.set_failed_only(settings.failed_only);
  return follow(from, settings.rounds_max, [&](std::optional<problem>& trouble, bool& progressed) {
    grpc::ClientContext context;
    from.prepare(context);
    const auto stub = v1::JobService::NewStub(from.channel());
    const auto stream = stub->Results(&context, request);
    for (v1::JobServiceResultsResponse page; stream->Read(&page); progressed = true) {
      if (page.has_info()) {
        totals.mixed = totals.mixed || (!totals.info.model_version().empty() &&
                                        totals.info.model_version() != page.info().model_version());
        totals.info = page.info();
      }
      for (const auto& item : page.items()) {
        request.set_from_item(item.index() + 1);
        ++totals.items;
        totals.failed += item.has_error() ? 1 : 0;
        totals.tokens += item.embedding().tokens();
        if (!sink.item(item)) {
          context.TryCancel();
          return stream_end::stopped;
        }
      }
      if (sink.page && !sink.page()) {
        context.TryCancel();
        return stream_end::stopped;
      }
    }
    return judge(from, context, stream->Finish(), trouble);
  });
}

std::optional<problem> read_corpus(client& from, const std::string& id, bool with_labels, corpus_outcome& out) {
  v1::JobServiceCorpusRequest request;
  request.set_id(id);
  request.set_with_labels(with_labels);
  // What came before a node was lost comes again, so it is no progress.
  return follow(from, results_settings{}.rounds_max, [&](std::optional<problem>& trouble, bool&) {
    grpc::ClientContext context;
    from.prepare(context);
    const auto stub = v1::JobService::NewStub(from.channel());
    const auto stream = stub->Corpus(&context, request);
    out = {};
    for (v1::JobServiceCorpusResponse piece; stream->Read(&piece);) {
      if (piece.has_facts())
        out.facts = piece.facts();
      std::move(piece.mutable_clusters()->begin(), piece.mutable_clusters()->end(), std::back_inserter(out.clusters));
      out.duplicates.insert(out.duplicates.end(), piece.duplicates().begin(), piece.duplicates().end());
      std::move(piece.mutable_extract()->begin(), piece.mutable_extract()->end(), std::back_inserter(out.extract));
      std::move(piece.mutable_labels()->begin(), piece.mutable_labels()->end(), std::back_inserter(out.labels));
    }
    return judge(from, context, stream->Finish(), trouble);
  });
}

std::optional<problem> look_at(client& from, const std::string& id, v1::Job& job) {
  v1::JobServiceGetRequest request;
  request.set_id(id);
  v1::JobServiceGetResponse answer;
  auto trouble = from.call([&](const auto& channel, grpc::ClientContext& context) {
    return v1::JobService::NewStub(channel)->Get(&context, request, &answer);
  });
  job = std::move(*answer.mutable_job());
  return trouble;
}

std::string end_text(const v1::Job& job, uint64_t first, uint64_t with_result) {
  if (!has_ended(job.state()) || job.state() == v1::JOB_STATE_DONE)
    return {};
  const uint64_t all = job.has_items_total() ? job.items_total() : job.items_durable();
  const uint64_t asked = all - std::min(first, all);
  return "weft: the job ended as " + state_name(job.state()) + ": " + with_spaces(with_result) + " of " +
         counted(asked, "item") + (first > 0 ? " from item " + std::to_string(first) + " on" : "") +
         (asked == 1 ? " has a result" : " have results") +
         (job.has_items_total() ? "\n" : "; not all of its items had been handed in\n");
}

exit_code exit_of_results(v1::JobState state) {
  return state == v1::JOB_STATE_CANCELLED || state == v1::JOB_STATE_EXPIRED ? exit_code::failed : exit_code::ok;
}

std::optional<problem> watch_job(client& from, const std::string& id, const std::function<bool(const v1::Job&)>& news) {
  v1::JobServiceWatchRequest request;
  request.set_id(id);
  request.set_period_ms(500);
  return follow(from, results_settings{}.rounds_max, [&](std::optional<problem>& trouble, bool& progressed) {
    grpc::ClientContext context;
    from.prepare(context);
    const auto stub = v1::JobService::NewStub(from.channel());
    const auto stream = stub->Watch(&context, request);
    for (v1::JobServiceWatchResponse answer; stream->Read(&answer); progressed = true) {
      if (news(answer.job()))
        continue;
      context.TryCancel();
      return stream_end::stopped;
    }
    return judge(from, context, stream->Finish(), trouble);
  });
}

} // namespace weft::cli
