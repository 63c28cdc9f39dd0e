#pragma once

#include "tools/weft/npy_writer.hpp"
#include "tools/weft/options.hpp"

#include <cstdint>
#include <string>

namespace weft::cli {

struct matrix_settings {
  std::string id;    ///< of the job
  uint64_t from = 0; ///< the item of the first row
  std::string file;  ///< as the user named it
};

/// Writes the vectors of a job, a row an item, waiting for those that are not done, until the job has ended; an item
/// that has no result is a row of NaN, so that row and item agree. Says what it wrote on standard output, and on
/// standard error what the job lacks; failed where it was cancelled or has expired. Memory: one message. A command that
/// is ended by a signal says so, and leaves no file. REQUIRES: `to` is open.
exit_code write_matrix(session& s, client& from, const matrix_settings& settings, npy_writer& to);

} // namespace weft::cli
