#include "node/config/toml_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

// In this file alone: header-only and without exceptions, so that a bad file is a value.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace weft {
namespace {

// Far above any real file; a device or a log given by mistake stops here.
constexpr size_t file_bytes_max = 1'048'576;

class reader {
public:
  reader(const std::filesystem::path& path, toml_content& out) : path_(path), out_(out) {}

  void table(const std::string& prefix, const toml::table& content) {
    for (const auto& [key, node] : content) {
      const std::string name = prefix.empty() ? std::string{key.str()} : prefix + '.' + std::string{key.str()};
      const uint32_t line = key.source().begin.line;
      if (const auto* inner = node.as_table(); inner && prefix.empty())
        section(name, line, *inner);
      else
        value(name, line, node);
    }
  }

private:
  void section(const std::string& name, uint32_t line, const toml::table& content) {
    const auto keys = config_keys();
    if (std::ranges::none_of(keys, [&](const config_key& key) { return key.section == name; })) {
      // An empty one would pass unseen; one with keys is reported by its keys.
      if (content.empty())
        error(line, "[" + name + "] is not a section");
    }
    table(name, content);
  }

  void value(const std::string& name, uint32_t line, const toml::node& node) {
    if (const auto* flag = node.as_boolean())
      out_.entries.push_back({name, flag->get(), line});
    else if (const auto* number = node.as_integer())
      out_.entries.push_back({name, number->get(), line});
    else if (const auto* text = node.as_string())
      out_.entries.push_back({name, text->get(), line});
    else if (const auto* list = node.as_array())
      texts(name, line, *list);
    else if (find_key(name))
      error(line, name + " must not be a table, a fraction or a date");
    else
      out_.entries.push_back({name, std::string{}, line}); // reported as unknown, with its nearest key
  }

  void texts(const std::string& name, uint32_t line, const toml::array& list) {
    std::vector<std::string> out;
    for (const auto& entry : list) {
      const auto* text = entry.as_string();
      if (!text)
        return error(line, name + " must be a list of texts");
      out.push_back(text->get());
    }
    out_.entries.push_back({name, std::move(out), line});
  }

  void error(uint32_t line, const std::string& text) {
    out_.errors.push_back(path_.string() + ':' + std::to_string(line) + ": " + text);
  }

  const std::filesystem::path& path_;
  toml_content& out_;
};

} // namespace

toml_content read_toml(const std::filesystem::path& path) {
  toml_content out;
  std::error_code unreadable;
  if (std::filesystem::is_directory(path, unreadable)) {
    out.errors.push_back(path.string() + ": is a folder, not a file");
    return out;
  }
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    out.errors.push_back(path.string() + ": cannot be read: " + std::strerror(errno));
    return out;
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > file_bytes_max) {
    out.errors.push_back(path.string() + ": has more than " + std::to_string(file_bytes_max) + " bytes");
    return out;
  }
  const auto parsed = toml::parse(std::string_view{text}, path.string());
  if (!parsed) {
    out.errors.push_back(path.string() + ':' + std::to_string(parsed.error().source().begin.line) + ": " +
                         std::string{parsed.error().description()});
    return out;
  }
  reader{path, out}.table("", parsed.table());
  std::ranges::stable_sort(out.entries, {}, &toml_entry::line);
  return out;
}

} // namespace weft
