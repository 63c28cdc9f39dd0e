#include "tests/bench/busy_load.hpp"

#include "tests/bench/echo_node.hpp"
#include "weft/v1/embed.pb.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <utility>

namespace weft::bench {

std::vector<std::string> paragraphs_of(const std::vector<std::string>& files) {
  constexpr size_t bytes_min = 40, bytes_enough = 600;
  std::vector<std::string> out;
  std::string text;
  const auto end_text = [&] {
    if (text.size() >= bytes_min)
      out.push_back(text);
    text.clear();
  };
  for (const auto& file : files) {
    std::ifstream in(file);
    if (!in)
      give_up("cannot read " + file);
    for (std::string line; std::getline(in, line);) {
      const bool is_empty = line.find_first_not_of(" \t\r") == std::string::npos;
      if (!is_empty)
        text += (text.empty() ? "" : " ") + line;
      if (is_empty || text.size() >= bytes_enough)
        end_text();
    }
    end_text();
  }
  if (out.empty())
    give_up("no paragraph of " + std::to_string(bytes_min) + " bytes or more: name files of text with --texts");
  return out;
}

busy_load::busy_load(const node_process& node, std::vector<std::string> texts, const busy_load_options& options) {
  struct source {
    std::vector<std::string> texts;
    std::atomic<uint64_t> next{0};
  };
  const auto shared = std::make_shared<source>();
  shared->texts = std::move(texts);
  const auto request = [shared, count = options.texts_per_call] {
    v1::EmbedRequest out;
    for (uint64_t number = shared->next.fetch_add(count), end = number + count; number < end; ++number)
      out.add_texts(std::to_string(number) + ' ' + shared->texts[number % shared->texts.size()]);
    return message_of(out.SerializeAsString());
  };
  const auto connections = std::min(options.connections, options.calls);
  for (uint32_t i = 0; i < connections; ++i)
    connections_.push_back(std::async(std::launch::async, [channel = node.connect(), request, options, connections] {
      return raw_client(channel, embed_method, request).run(options.calls / connections, options.time);
    }));
}

std::map<grpc::StatusCode, uint64_t> busy_load::wait() {
  std::map<grpc::StatusCode, uint64_t> out;
  for (auto& connection : connections_)
    for (const auto& [code, calls] : connection.get().codes)
      out[code] += calls;
  return out;
}

} // namespace weft::bench
