#pragma once

#include "tools/weft/options.hpp"

namespace weft::cli {

// Each adds one verb with its options and help; parsing it sets `chosen`.
void add_embed(CLI::App& program, common_options& common, action& chosen);
void add_compress(CLI::App& program, common_options& common, action& chosen);
/// REQUIRES: the verb "compress".
void add_compress_policy(CLI::App& verb, common_options& common, action& chosen);
void add_rank(CLI::App& program, common_options& common, action& chosen);
void add_backup(CLI::App& program, common_options& common, action& chosen);
void add_cache(CLI::App& program, common_options& common, action& chosen);
void add_node(CLI::App& program, common_options& common, action& chosen);
/// REQUIRES: the noun "node".
void add_node_drain(CLI::App& noun, common_options& common, action& chosen);
void add_job(CLI::App& program, common_options& common, action& chosen);
/// REQUIRES, like the next one: the noun "job".
void add_job_submit(CLI::App& noun, common_options& common, action& chosen);
void add_job_results(CLI::App& noun, common_options& common, action& chosen);
void add_settings(CLI::App& program, common_options& common, action& chosen);
void add_health(CLI::App& program, common_options& common, action& chosen);
void add_top(CLI::App& program, common_options& common, action& chosen);

} // namespace weft::cli
