#include "tools/weft/cache_clear.hpp"
#include "tools/weft/cache_get.hpp"
#include "tools/weft/cache_warm.hpp"
#include "tools/weft/node_json.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <cstdio>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* stats_footer = R"(Examples:
  weft cache stats
  weft cache stats -o json --endpoint n2.example:7700)";

std::string share(uint64_t part, uint64_t all) {
  char text[16] = "-";
  if (all > 0)
    std::snprintf(text, sizeof text, "%.1f%%", 100.0 * static_cast<double>(part) / static_cast<double>(all));
  return text;
}

/// A level a line, then what no level could answer.
std::string as_table(const v1::Cache& cache, bool colour) {
  table rows{{{"LEVEL"},
              {"HITS", true},
              {"MISSES", true},
              {"HIT RATE", true},
              {"ENTRIES", true},
              {"SIZE", true},
              {"LIMIT", true},
              {"EVICTED", true}}};
  const auto add = [&](const char* name, const v1::CacheLevel& level) {
    rows.add({{name, tone::bold},
              {with_spaces(level.hits())},
              {with_spaces(level.misses())},
              {share(level.hits(), level.hits() + level.misses())},
              {level.entries() > 0 || level.bytes_max() > 0 ? with_spaces(level.entries()) : "-"},
              {in_bytes(level.bytes())},
              {level.bytes_max() > 0 ? in_bytes(level.bytes_max()) : "-"},
              {with_spaces(level.evictions())}});
  };
  add("memory", cache.memory());
  add("packed", cache.packed());
  add("store", cache.store());
  std::string out = rows.str(colour);
  out += "computed " + with_spaces(cache.computed()) + ", shared with another call " + with_spaces(cache.shared()) +
         ", generation " + std::to_string(cache.generation()) + "\n";
  const auto& care = cache.care();
  out += "second copies: sent " + with_spaces(care.replicas_sent()) + ", waiting " +
         with_spaces(care.replicas_waiting()) + ", dropped " + with_spaces(care.replicas_dropped()) +
         ", kept for others " + with_spaces(care.replicas_kept()) + "; repaired from others " +
         with_spaces(care.repairs_found()) + "\n";
  out += "fetched ahead " + with_spaces(care.preloaded()) + ": used " + with_spaces(care.preloaded_used()) +
         ", left unused " + with_spaces(care.preloaded_unused()) + "\n";
  if (!cache.store_accepts_writes())
    out += paint("the disk is full or broken: nothing new is stored\n", tone::warning, colour);
  return out;
}

exit_code stats(session& s) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::GetNodeResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::NodeService::NewStub(channel)->GetNode(&context, {}, &answer);
      }))
    return report(*p);
  const auto& node = answer.node();
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(node.cache())) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(node.cache()))
            : s.format == output_format::name ? printable(node.name()) + "\n"
                                              : as_table(node.cache(), s.out_terminal.colour));
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

} // namespace

void add_cache(CLI::App& program, common_options& common, action& chosen) {
  auto* noun = program.add_subcommand("cache", "The cache of results: stats, get, warm, clear");
  noun->require_subcommand(1)->fallthrough(); // to the options of every verb
  auto* verb = noun->add_subcommand("stats", "Hits, misses and sizes of each level, of the node that answers");
  add_common(*verb, common);
  verb->footer(stats_footer);
  verb->callback([&chosen] { chosen = stats; });
  add_cache_get(*noun, common, chosen);
  add_cache_warm(*noun, common, chosen);
  add_cache_clear(*noun, common, chosen);
}

} // namespace weft::cli
