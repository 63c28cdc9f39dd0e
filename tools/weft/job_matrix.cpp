#include "tools/weft/job_matrix.hpp"

#include "tools/weft/embed_options.hpp"
#include "tools/weft/job_json.hpp"
#include "tools/weft/job_results.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <unistd.h>

namespace weft::cli {
namespace {

/// Puts items into their rows.
class row_filler {
public:
  row_filler(npy_writer& to, uint64_t first) : to_(to), next_(first) {}

  /// False: it cannot be written.
  bool add(const v1::ItemResult& item) {
    if (!fill_to(item.index()))
      return false;
    ++next_;
    if (item.has_error())
      ++missing_;
    const auto& values = item.embedding().values();
    why_ = item.has_error() ? to_.add_missing() : to_.add({values.data(), static_cast<size_t>(values.size())});
    return why_.empty();
  }

  /// Rows for the items before this one that did not come: their job ended without them.
  bool fill_to(uint64_t item) {
    for (; next_ < item && why_.empty(); ++next_, ++missing_)
      why_ = to_.add_missing();
    return why_.empty();
  }

  uint64_t missing() const { return missing_; }
  const std::string& why() const { return why_; }

private:
  npy_writer& to_;
  uint64_t next_; ///< item of the next row
  uint64_t missing_ = 0;
  std::string why_;
};

std::string missing_text(const v1::Job& job, uint64_t missing, uint64_t failed) {
  return "weft: " + counted(missing, "item") +
         (missing == 1 ? " has no result and is a row of NaN" : " have no result and are rows of NaN") +
         (failed > 0 ? "; 'weft job results " + printable(job.id()) + " --failed' tells why" : "") + "\n";
}

exit_code tell(const session& s, const matrix_settings& settings, const npy_writer& to, uint64_t missing) {
  const json object{
      {"file", settings.file}, {"items", to.rows()}, {"dimensions", to.columns()}, {"without_result", missing}};
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(object) + "\n"
            : s.format == output_format::yaml ? to_yaml(object)
            : s.format == output_format::name ? printable(settings.file) + "\n"
                                              : printable(settings.file) + ": float32 [" + std::to_string(to.rows()) +
                                                    ", " + std::to_string(to.columns()) + "]\n");
  return out.flush() || out.closed() ? exit_code::ok : report({.what = "cannot write to standard output"});
}

} // namespace

exit_code write_matrix(session& s, client& from, const matrix_settings& settings, npy_writer& to) {
  row_filler rows{to, settings.from};
  results_totals totals;
  uint64_t bytes = 0;
  progress_display display{s, std::nullopt, false};
  auto trouble = read_results(from, {.id = settings.id, .from = settings.from},
                              {.item =
                                   [&](const v1::ItemResult& item) {
                                     bytes += static_cast<uint64_t>(item.embedding().values_size()) * sizeof(float);
                                     display.update(totals.items, bytes);
                                     return rows.add(item);
                                   }},
                              totals);
  display.clear();
  v1::Job job;
  if (rows.why().empty() && !trouble)
    trouble = look_at(from, settings.id, job);
  if (trouble)
    return report(*trouble);
  rows.fill_to(job.has_items_total() ? job.items_total() : job.items_durable());
  const auto why = rows.why().empty() ? to.finish() : rows.why();
  if (!why.empty())
    return report({.what = why});
  std::fputs(end_text(job, settings.from, totals.items - totals.failed).c_str(), stderr);
  if (rows.missing() > 0)
    std::fputs(missing_text(job, rows.missing(), totals.failed).c_str(), stderr);
  if (totals.mixed)
    std::fputs("weft: nodes computed these with different versions of the model: do not compare them\n", stderr);
  const auto told = tell(s, settings, to, rows.missing());
  return told == exit_code::ok ? exit_of_results(job.state()) : told;
}

} // namespace weft::cli
