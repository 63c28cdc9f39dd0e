#pragma once

#include "node/peer/rank_stream.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// A stream whose other side the test plays. Not thread-safe.
class scripted_stream final : public rank_stream {
public:
  static std::shared_ptr<scripted_stream> called() { return std::make_shared<scripted_stream>(side::is_called); }
  static std::shared_ptr<scripted_stream> calling() { return std::make_shared<scripted_stream>(side::calls); }
  explicit scripted_stream(side mine) : rank_stream(mine) {}

  using rank_stream::gone;
  using rank_stream::pair_read;
  using rank_stream::read_done;
  using rank_stream::tell_down;
  using rank_stream::write_done;

  int reads = 0; ///< begun
  std::vector<std::string> writes;
  int half_closes = 0;
  int cancels = 0;
  std::vector<status> answers;

private:
  void start_read() override { ++reads; }
  void start_write(std::string bytes) override { writes.push_back(std::move(bytes)); }
  void half_close() override { ++half_closes; }
  void try_cancel() override { ++cancels; }
  void finish(const status& answer) override { answers.push_back(answer); }
};

/// Keeps what a stream says. Not thread-safe.
struct recording_sink final : rank_sink {
  std::vector<rank_frame> frames;
  std::vector<std::string> ends;
  void came(uint32_t, rank_frame frame) override { frames.push_back(std::move(frame)); }
  void down(uint32_t, std::string why) override { ends.push_back(std::move(why)); }
};

inline rank_frame piece_frame(uint64_t number, uint32_t from = 0) {
  return {.epoch = 1, .from = from, .body = rank_piece{.number = number, .key = {}, .payload = {}}};
}

inline uint64_t number_of(const rank_frame& frame) {
  return std::get<rank_piece>(frame.body).number;
}

} // namespace weft::test
