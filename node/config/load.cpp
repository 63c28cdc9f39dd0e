#include "node/config/load.hpp"

#include "node/config/schema.hpp"
#include "node/config/toml_file.hpp"
#include "runtime/base/edit_distance.hpp"

#include <unistd.h>

namespace weft {
namespace {

class loader {
public:
  explicit loader(loaded_config& out) : out_(out) {}

  void file(const std::filesystem::path& path) {
    auto read = read_toml(path);
    for (auto& problem : read.errors)
      out_.errors.push_back(std::move(problem));
    for (const auto& entry : read.entries) {
      const std::string where = path.string() + ':' + std::to_string(entry.line) + ": ";
      if (const auto* key = find_key(entry.name))
        apply(where, *key, entry.value);
      else
        unknown(where, entry.name);
    }
  }

  void environment(const std::map<std::string, std::string>& variables) {
    for (const auto& [name, text] : variables) {
      if (!name.starts_with("WEFT_"))
        continue;
      if (const auto* key = key_of_variable(name))
        apply_text("environment " + name + ": ", *key, text);
      else
        note_near_variable(name);
    }
  }

  void flags(const std::vector<std::pair<std::string, std::string>>& flags) {
    for (const auto& [name, text] : flags) {
      if (const auto* key = find_key(name))
        apply_text("command line: ", *key, text);
      else
        unknown("command line: ", name);
    }
  }

  const node_config& config() const { return config_; }

private:
  static const config_key* key_of_variable(const std::string& name) {
    for (const auto& key : config_keys())
      if (environment_name(key) == name)
        return &key;
    return nullptr;
  }

  // Not an error: a WEFT_ variable may belong to the CLI, or to a container platform that names its services so.
  void note_near_variable(const std::string& name) {
    for (const auto& key : config_keys())
      if (edit_distance(environment_name(key), name) <= 2)
        out_.notes.push_back("environment " + name + " is ignored: it is not a key; did you mean " +
                             environment_name(key) + "?");
  }

  void apply_text(const std::string& where, const config_key& key, const std::string& text) {
    auto value = parse_value(key, text);
    if (value)
      apply(where, key, *value);
    else
      out_.errors.push_back(where + full_name(key) + ' ' + value.error().message);
  }

  void apply(const std::string& where, const config_key& key, const config_value& value) {
    if (auto checked = check_value(key, value); !checked)
      out_.errors.push_back(where + full_name(key) + ' ' + checked.error().message);
    else
      key.set(config_, value);
  }

  void unknown(const std::string& where, const std::string& name) {
    const auto near = nearest_key(name);
    const auto section = nearest_section(name);
    std::string advice;
    if (!near.empty())
      advice = "; did you mean " + near + "?";
    else if (!section.empty() && !name.starts_with(section + '.'))
      advice = "; did you mean section [" + section + "]?";
    out_.errors.push_back(where + name + " is not a key" + advice);
  }

  loaded_config& out_;
  node_config config_;
};

} // namespace

loaded_config load_config(const config_sources& sources) {
  loaded_config out;
  loader loading{out};
  if (sources.file)
    loading.file(*sources.file);
  loading.environment(sources.environment);
  loading.flags(sources.flags);
  if (out.errors.empty())
    out.errors = check_relations(loading.config(), sources.environment);
  if (out.errors.empty())
    out.config = loading.config();
  return out;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string to_toml(const node_config& config) {
  std::string out;
  std::string_view section;
  for (const auto& key : config_keys()) {
    if (key.section != section) {
      section = key.section;
      out += (out.empty() ? "[" : "\n[") + std::string{section} + "]\n";
    }
    out += "# " + std::string{key.doc} + '\n' + std::string{key.name} + " = " + to_toml(key.get(config)) + '\n';
  }
  return out;
}

} // namespace weft
