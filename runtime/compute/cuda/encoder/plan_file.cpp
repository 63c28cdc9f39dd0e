#include "runtime/compute/cuda/encoder/plan_file.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace weft::cuda {

namespace {

constexpr std::string_view first_line = "weft cuda plans 2";

/// FNV-1a: finds what a disk or an editor did, not what an enemy does.
uint64_t checksum(std::string_view text) {
  uint64_t out = 0xcbf29ce484222325;
  for (const char c : text)
    out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return out;
}

std::string hexadecimal(uint64_t x) {
  std::string out(16, '0');
  for (size_t i = 16; i-- > 0; x >>= 4)
    out[i] = "0123456789abcdef"[x & 15];
  return out;
}

failure damaged(const char* what) {
  return {errc::state_damaged, std::string("matrix plans: ") + what + "; delete the file, plans are measured again"};
}

template <class T> std::optional<T> read_number(std::string_view word, int base = 10) {
  T out{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out, base);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional(out) : std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at <= line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    out.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string scope_line(const plan_scope& scope) {
  std::string device = scope.device;
  std::replace(device.begin(), device.end(), '\n', ' ');
  return "for " + std::to_string(scope.compute_capability) + " " + std::to_string(scope.library_version) + " " + device;
}

/// plan CLASS TOKENS OUTPUTS INPUTS FORM NANOSECONDS, then 8 words in hexadecimal
bool read_plan(std::string_view line, plan_table& into) {
  const auto words = words_of(line);
  if (words.size() != 15 || words[0] != "plan")
    return false;
  const auto known = std::find_if(numeric_classes.begin(), numeric_classes.end(),
                                  [&](numeric_class c) { return to_string(c) == words[1]; });
  const auto tokens = read_number<uint32_t>(words[2]);
  const auto outputs = read_number<uint32_t>(words[3]);
  const auto inputs = read_number<uint32_t>(words[4]);
  const auto form = read_number<uint32_t>(words[5]);
  const auto nanoseconds = read_number<uint64_t>(words[6]);
  if (known == numeric_classes.end() || !tokens || !outputs || !inputs || !form || *form >= linear_forms ||
      !nanoseconds)
    return false;
  linear_plan plan{.microseconds = static_cast<float>(*nanoseconds) / 1'000};
  for (size_t i = 0; i < plan.algorithm.size(); ++i) {
    const auto word = read_number<uint64_t>(words[7 + i], 16);
    if (!word)
      return false;
    plan.algorithm[i] = *word;
  }
  return into.emplace(linear_shape{*known, *tokens, *outputs, *inputs, static_cast<linear_form>(*form)}, plan).second;
}

/// No two writers, in this process or another one, have the same.
std::filesystem::path name_beside(const std::filesystem::path& path) {
  static std::atomic<uint32_t> written{0};
  auto out = path;
  out += ".new-" + std::to_string(::getpid()) + "-" + std::to_string(written++);
  return out;
}

} // namespace

std::string encode_plans(const plan_scope& scope, const plan_table& plans) {
  std::ostringstream out;
  out << first_line << '\n' << scope_line(scope) << '\n';
  for (const auto& [shape, plan] : plans) {
    out << "plan " << to_string(shape.precision) << ' ' << shape.tokens << ' ' << shape.outputs << ' ' << shape.inputs
        << ' ' << static_cast<uint32_t>(shape.form) << ' ' << static_cast<uint64_t>(plan.microseconds * 1'000 + 0.5f);
    for (const auto word : plan.algorithm)
      out << ' ' << hexadecimal(word);
    out << '\n';
  }
  auto text = out.str();
  text += "sum " + hexadecimal(checksum(text)) + "\n";
  return text;
}

result<plan_table> decode_plans(std::string_view text, const plan_scope& scope) {
  constexpr size_t sum_bytes = 4 + 16 + 1;
  if (text.size() < sum_bytes || text.size() > plan_file_bytes_max)
    return damaged("not a file of plans");
  auto body = text.substr(0, text.size() - sum_bytes);
  if (text.substr(body.size()) != "sum " + hexadecimal(checksum(body)) + "\n")
    return damaged("the checksum is wrong");
  if (take_line(body) != first_line)
    return damaged("another format");
  plan_table out;
  if (take_line(body) != scope_line(scope))
    return out;
  while (!body.empty())
    if (!read_plan(take_line(body), out))
      return damaged("a line cannot be read");
  return out;
}

result<plan_table> read_plan_file(const std::filesystem::path& path, const plan_scope& scope) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error)
    return plan_table{};
  std::ifstream file(path, std::ios::binary);
  std::string text(plan_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && file.fail())
    return failure{errc::storage_failed, path.string() + " cannot be read; check its permissions"};
  text.resize(static_cast<size_t>(file.gcount()));
  auto out = decode_plans(text, scope);
  if (!out)
    out.error().message = path.string() + ": " + out.error().message;
  return out;
}

std::filesystem::path plan_path(const std::filesystem::path& base, const plan_scope& scope) {
  std::string name = ".";
  for (const char c : scope.device) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    name += letter ? c : capital ? static_cast<char>(c - 'A' + 'a') : '-';
  }
  auto out = base;
  out += name;
  return out;
}

status write_plan_file(const std::filesystem::path& path, const plan_scope& scope, const plan_table& plans) {
  auto all = plans;
  if (auto others = read_plan_file(path, scope)) // a damaged file is replaced
    all.merge(*others);
  auto text = encode_plans(scope, all);
  if (text.size() > plan_file_bytes_max)
    text = encode_plans(scope, plans);
  const auto beside = name_beside(path);
  std::error_code error;
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
      std::filesystem::remove(beside, error);
      return failure{errc::storage_failed,
                     beside.string() + " cannot be written; check its folder and the disk's room"};
    }
  }
  std::filesystem::rename(beside, path, error);
  if (error) {
    const auto reason = error.message();
    std::filesystem::remove(beside, error);
    return failure{errc::storage_failed, path.string() + " cannot be replaced: " + reason};
  }
  return ok;
}

} // namespace weft::cuda
