#include "runtime/jobs/opened_spec.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "runtime/registry/operation_registry.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace weft {
namespace {

constexpr size_t request_id_max = 128;
constexpr uint32_t copies_max = 3;

failure refused(std::string why) {
  return {errc::invalid_argument, std::move(why)};
}

std::optional<failure> durability_of(const job_opening& opening, const jobs_options& options, job_durability& out) {
  out = options.single_node ? job_durability{.copies = 1, .synced = 1} : options.durability;
  if (!opening.synced)
    return std::nullopt;
  const auto synced = *opening.synced;
  if (synced < 1 || synced > copies_max)
    return refused("durability is the number of synced copies, 1 to 3");
  if (synced == 1 && !options.single_node)
    return refused("one copy is enough only where cluster.single_node says that the cluster is a single node");
  if (synced > 1 && options.single_node)
    return refused("cluster.single_node says that the cluster is a single node: there is one copy");
  out.synced = synced;
  out.copies = std::max(out.copies, synced);
  return std::nullopt;
}

constexpr std::chrono::milliseconds model_again{1'000};

/// A corpus job embeds its items; what is asked of the corpus is kept in canonical form. All its vectors are of one
/// numeric class, this node's: by which its nodes choose for themselves, they may differ, and vectors of several
/// classes are no corpus.
std::optional<failure> corpus_of(const job_opening& opening, job_spec& out) {
  if (opening.corpus.empty())
    return std::nullopt;
  const auto asked = decode_corpus_options(opening.corpus);
  if (!asked)
    return refused("what is asked of the corpus cannot be read: " + asked.error().message);
  if (const auto checked = check(*asked); !checked)
    return checked.error();
  if (!opening.options.compress.empty())
    return refused("the items of a corpus are embedded, not compressed");
  if (!opening.options.normalize)
    return refused("the items of a corpus are compared by angle: leave normalize on");
  if (!opening.precision)
    return failure{errc::model_loading,
                   "the model is not open on this node, so that it is not known in which numeric class it computes: "
                   "submit the corpus again when it is, or to another node",
                   {},
                   model_again};
  out.operation = "corpus";
  out.corpus = encode(corpus_terms{*asked, *opening.precision});
  return std::nullopt;
}

struct time_limits {
  std::chrono::milliseconds otherwise;
  std::chrono::milliseconds shortest;
  std::chrono::milliseconds longest;
};

/// A time that the client may choose, within the node's limits.
std::optional<failure> time_of(std::optional<std::chrono::milliseconds> asked, const time_limits& limits,
                               std::string_view name, std::chrono::milliseconds& out) {
  out = asked.value_or(limits.otherwise);
  if (asked && (out < limits.shortest || out > limits.longest))
    return refused(std::string{name} + " has to be at least " + std::to_string(limits.shortest.count()) +
                   " milliseconds and at most " +
                   std::to_string(std::chrono::duration_cast<std::chrono::hours>(limits.longest).count()) + " hours");
  return std::nullopt;
}

} // namespace

result<job_spec> spec_of(const job_opening& opening, const jobs_options& options, wall_time now) {
  if (opening.request_id.empty() || opening.request_id.size() > request_id_max)
    return refused("a job needs a request id of 1 to 128 bytes");
  job_spec out{.tenant = opening.tenant,
               .request_id = opening.request_id,
               .operation = std::string{operation_of(opening.options)},
               .model = opening.model,
               .options = opening.options,
               .priority = opening.priority,
               .home_region = options.region,
               .created = now};
  if (options.models.empty())
    return failure{errc::unknown_model, "this node has no model to run jobs with"};
  if (out.model.empty())
    out.model = options.models.front();
  if (std::ranges::find(options.models, out.model) == options.models.end())
    return failure{errc::unknown_model, "this node does not have the model '" + out.model + "'"};
  if (auto problem = corpus_of(opening, out))
    return std::move(*problem);
  if (auto problem = durability_of(opening, options, out.durability))
    return std::move(*problem);
  std::chrono::milliseconds expires_in{};
  if (auto problem =
          time_of(opening.expires_in, {options.expires_in, std::chrono::milliseconds{1}, options.retention_max},
                  "expires_in", expires_in))
    return std::move(*problem);
  if (auto problem = time_of(opening.retention, {options.retention, options.retention_min, options.retention_max},
                             "retention", out.retention))
    return std::move(*problem);
  out.expires = now + expires_in;
  return out;
}

} // namespace weft
