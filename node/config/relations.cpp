#include "node/config/address.hpp"
#include "node/config/api_key_entry.hpp"
#include "node/config/data_directory.hpp"
#include "node/config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace weft {
namespace {

void check_tls(const node_config& c, std::vector<std::string>& errors) {
  if (c.tls.cert.empty() != c.tls.key.empty())
    errors.push_back(c.tls.cert.empty() ? "tls.cert: is missing: tls.key is of no use without it"
                                        : "tls.key: is missing: tls.cert is of no use without it");
  if (!c.tls.client_ca.empty() && c.tls.cert.empty())
    errors.push_back("tls.cert: is missing: tls.client_ca asks for client certificates, which need TLS");
  if (!c.tls.peer_ca.empty() && c.tls.cert.empty())
    errors.push_back("tls.cert: is missing: tls.peer_ca asks for nodes' certificates, which need TLS");
  if (!c.tls.cert.empty() || c.tls.allow_plaintext)
    return;
  for (const auto& [key, text] :
       {std::pair{"node.listen", &c.node.listen}, {"node.peer", &c.node.peer}, {"node.peer_data", &c.node.peer_data}}) {
    const auto address = parse_address(*text);
    if (address && !is_loopback(*address))
      errors.push_back(std::string{key} + ": " + *text +
                       " is not a loopback address and would be plaintext: set tls.cert and tls.key, or "
                       "tls.allow_plaintext = true inside a network that encrypts");
  }
}

void check_sizes(const node_config& c, std::vector<std::string>& errors) {
  const auto at_most = [&](const char* lesser, uint64_t a, const char* greater, uint64_t b) {
    if (a > b)
      errors.push_back(std::string{lesser} + ": must be at most " + greater + " (" + std::to_string(a) + " > " +
                       std::to_string(b) + ")");
  };
  if (c.pool.workers_max != 0)
    at_most("pool.workers_min", c.pool.workers_min, "pool.workers_max", c.pool.workers_max);
  at_most("limits.text_bytes_max", c.limits.text_bytes_max, "limits.call_bytes_max", c.limits.call_bytes_max);
  at_most("limits.call_bytes_max", c.limits.call_bytes_max, "limits.bytes_max", c.limits.bytes_max);
}

void check_jobs(const node_config& c, std::vector<std::string>& errors) {
  if (c.jobs.synced > c.jobs.copies)
    errors.push_back("jobs.synced: must be at most jobs.copies (" + std::to_string(c.jobs.synced) + " > " +
                     std::to_string(c.jobs.copies) + ")");
  if (c.jobs.synced == 1 && !c.cluster.single_node)
    errors.push_back("jobs.synced: 1 loses what was acknowledged with one disk: it needs cluster.single_node = true");
  if (c.jobs.retention_hours > c.jobs.retention_hours_max)
    errors.push_back("jobs.retention_hours: must be at most jobs.retention_hours_max (" +
                     std::to_string(c.jobs.retention_hours) + " > " + std::to_string(c.jobs.retention_hours_max) + ")");
}

void check_single_node(const node_config& c, std::vector<std::string>& errors) {
  const auto other = std::ranges::find_if(
      c.cluster.seeds, [&](const std::string& seed) { return seed != c.node.peer && seed != c.node.peer_advertise; });
  if (c.cluster.single_node && other != c.cluster.seeds.end())
    errors.push_back("cluster.single_node: must be false where cluster.seeds names another node (" + *other +
                     "): jobs would be acknowledged with one copy, on this disk, while others could have one");
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code ignored; // what is not there is compared as it is written
  const auto inner = std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  const auto outer = std::filesystem::weakly_canonical(std::filesystem::absolute(folder, ignored), ignored);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

void check_backups(const node_config& c, const std::map<std::string, std::string>& environment,
                   std::vector<std::string>& errors) {
  const auto jobs = data_directory(c.node, environment) / "jobs"; // where the log is, see job_log_path()
  if (!c.jobs.backup_dir.empty() && is_inside(c.jobs.backup_dir, jobs))
    errors.push_back("jobs.backup_dir: must be outside " + jobs.string() +
                     ", the folder that it copies: what takes that one away would take the backups with it");
}

void check_addresses(const node_config& c, std::vector<std::string>& errors) {
  const auto differ = [&](const char* a, const std::string& x, const char* b, const std::string& y) {
    if (x == y && !x.ends_with(":0"))
      errors.push_back(std::string{a} + ": must differ from " + b + " (both are " + x + ")");
  };
  differ("node.peer", c.node.peer, "node.listen", c.node.listen);
  differ("node.http", c.node.http, "node.listen", c.node.listen);
  differ("node.http", c.node.http, "node.peer", c.node.peer);
  differ("node.peer_data", c.node.peer_data, "node.listen", c.node.listen);
  differ("node.peer_data", c.node.peer_data, "node.peer", c.node.peer);
  differ("node.peer_data", c.node.peer_data, "node.http", c.node.http);
  const auto peer = parse_address(c.node.peer);
  if (c.node.peer_advertise.empty() && peer && (peer->host == "0.0.0.0" || peer->host == "::"))
    errors.push_back("node.peer_advertise: is missing: nobody can connect to " + c.node.peer);
}

void check_api_keys(const node_config& c, std::vector<std::string>& errors) {
  std::set<std::string> names;
  for (const auto& line : c.auth.api_keys) {
    const auto entry = parse_api_key_entry(line);
    if (!entry)
      errors.push_back("auth.api_keys: " + entry.error().message);
    else if (!names.insert(entry->name).second)
      errors.push_back("auth.api_keys: the name \"" + entry->name + "\" is there twice");
  }
}

} // namespace

std::vector<std::string> check_relations(const node_config& config,
                                         const std::map<std::string, std::string>& environment) {
  std::vector<std::string> errors;
  check_tls(config, errors);
  check_sizes(config, errors);
  check_jobs(config, errors);
  check_single_node(config, errors);
  check_backups(config, environment, errors);
  check_addresses(config, errors);
  check_api_keys(config, errors);
  return errors;
}

} // namespace weft
