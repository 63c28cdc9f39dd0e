#include "tests/bench/gpu_figures.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

namespace weft::bench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string target_of(const gpu_figure& figure) {
  switch (figure.kind) {
  case gpu_figure::bound::at_least:
    return ">= " + number(figure.target);
  case gpu_figure::bound::at_most:
    return "<= " + number(figure.target);
  case gpu_figure::bound::none:
    break;
  }
  return "";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

} // namespace

std::string gpu_figure::verdict() const {
  if (!value)
    return "not run";
  if (kind == bound::none)
    return "measured";
  return (kind == bound::at_least ? *value >= target : *value <= target) ? "met" : "missed";
}

figure_list::figure_list(std::string device, std::string json) : device_(std::move(device)), json_(std::move(json)) {
  std::printf("device: %s\n", device_.c_str());
  write();
}

void figure_list::add(gpu_figure figure) {
  figures_.push_back(std::move(figure));
  std::fputs(table_of({figures_.back()}).c_str(), stdout);
  std::fflush(stdout);
  write();
}

void figure_list::write() {
  if (json_.empty())
    return;
  std::ofstream out(json_, std::ios::trunc);
  out << json_of(device_, figures_);
  written_ = static_cast<bool>(out.flush());
}

std::string table_of(const std::vector<gpu_figure>& figures) {
  size_t width = 44; // lines that are printed one by one have their columns below each other
  for (const auto& figure : figures)
    width = std::max(width, figure.name.size());
  std::string out;
  for (const auto& figure : figures) {
    char line[512];
    std::snprintf(line, sizeof line, "%-*s  %10s %-10s %-10s %-9s %s\n", static_cast<int>(width), figure.name.c_str(),
                  figure.value ? number(*figure.value).c_str() : "-", figure.unit.c_str(), target_of(figure).c_str(),
                  figure.verdict().c_str(), figure.note.c_str());
    out += line;
  }
  return out;
}

std::string json_of(const std::string& device, const std::vector<gpu_figure>& figures) {
  std::string out = "{\"device\": " + quoted(device) + ", \"figures\": [";
  for (size_t i = 0; i < figures.size(); ++i) {
    const auto& figure = figures[i];
    out += (i == 0 ? "\n  " : ",\n  ") + std::string("{\"name\": ") + quoted(figure.name) +
           ", \"value\": " + (figure.value ? number(*figure.value) : "null") + ", \"unit\": " + quoted(figure.unit) +
           ", \"target\": " + quoted(target_of(figure)) + ", \"verdict\": " + quoted(figure.verdict()) +
           ", \"note\": " + quoted(figure.note) + "}";
  }
  return out + "\n]}\n";
}

} // namespace weft::bench
