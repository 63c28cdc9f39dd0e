#include "runtime/registry/model_registry.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

bool model_registry::add(std::string name, model_load load) {
  if (name.empty() || record(name) != nullptr)
    return false;
  records_.push_back({.name = std::move(name), .load = load});
  return true;
}

const model_record* model_registry::find(std::string_view name) const {
  if (name.empty())
    return records_.empty() ? nullptr : &records_.front();
  auto found = std::ranges::find(records_, name, &model_record::name);
  return found == records_.end() ? nullptr : &*found;
}

model_record* model_registry::record(std::string_view name) {
  return const_cast<model_record*>(std::as_const(*this).find(name));
}

bool model_registry::wanted(std::string_view name, time_point now) {
  auto* it = record(name);
  if (it == nullptr || it->state == model_state::loading || it->state == model_state::ready)
    return false;
  if (it->state == model_state::failed && now - it->failed < model_retry_wait)
    return false;
  it->state = model_state::loading;
  return true;
}

std::vector<std::string> model_registry::start() {
  std::vector<std::string> names;
  for (auto& it : records_) {
    if (it.load == model_load::lazy || it.state != model_state::unloaded)
      continue;
    it.state = model_state::loading;
    names.push_back(it.name);
  }
  return names;
}

void model_registry::opened(std::string_view name, model_ptr model) {
  auto* it = record(name);
  WEFT_ASSERT(it != nullptr);
  WEFT_ASSERT(it->state == model_state::loading);
  WEFT_ASSERT(model != nullptr);
  it->state = model_state::ready;
  it->model = std::move(model);
  it->problem.clear();
}

void model_registry::failed(std::string_view name, std::string problem, time_point now) {
  auto* it = record(name);
  WEFT_ASSERT(it != nullptr);
  WEFT_ASSERT(it->state == model_state::loading);
  it->state = model_state::failed;
  it->problem = std::move(problem);
  it->failed = now;
}

bool model_registry::drop(std::string_view name) {
  auto* it = record(name);
  if (it == nullptr || it->state != model_state::ready)
    return false;
  it->state = model_state::unloaded;
  it->model.reset();
  return true;
}

bool model_registry::settled() const {
  return std::ranges::none_of(records_, [](const model_record& it) {
    return it.load == model_load::kept && (it.state == model_state::unloaded || it.state == model_state::loading);
  });
}

std::vector<model_status> model_registry::status() const {
  std::vector<model_status> all;
  for (const auto& it : records_) {
    model_info info = it.model ? it.model->info() : model_info{};
    info.name = it.name;
    all.push_back({.info = std::move(info), .state = it.state, .problem = it.problem});
  }
  return all;
}

} // namespace weft
