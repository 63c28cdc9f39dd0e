#include "actors/owners.hpp"
#include "actors/router.hpp"
#include "runtime/cache/entry_packer.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

// What an operator asks about one text.
namespace weft {
namespace {

constexpr auto look_within = std::chrono::seconds{2};

std::string to_hex(node_id node) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(node));
  return out;
}

/// What the owner has, if it is of this text: a key alone proves nothing.
void describe(const found_entry& found, const identity& what, cache_lookup& to) {
  const auto unpacked = entry_packer{}.unpack(found.entry.body);
  if (found.entry.kind != what.kind->bytes() || !unpacked || unpacked->text != what.text)
    return;
  to.place = found.place;
  to.age = found.age;
  to.expires_in = found.entry.expires_in;
  to.bytes = found.entry.kind.size() + found.entry.body.size();
}

} // namespace

void router_state::look_up(const lookup_ask_ptr& asked) {
  const auto& question = asked->question;
  const auto& model = question.model.empty() ? wiring_->pools.front().model : question.model;
  if (std::ranges::find(wiring_->pools, model, &tree_wiring::pool::model) == wiring_->pools.end())
    return asked->answer(failure{errc::unknown_model, "this node has no model '" + model + "'", {{"model", model}}});
  if (wiring_->shards.empty())
    return asked->answer(failure{errc::unavailable, "this node caches nothing: cache.enabled = false, or plain mode"});
  const auto kind = kind_of(model, question.options, question.tenant);
  if (!kind)
    return asked->answer(failure{errc::unavailable, "the model '" + model + "' is not ready"});
  const identity what{kind, question.text};
  const auto& parts = kind->parts();
  cache_lookup out{.key = key_of(what),
                   .model = parts.model,
                   .model_version = parts.model_version,
                   .precision = parts.precision,
                   .scope = parts.scope,
                   .generation = parts.generation};
  const auto key = out.key;
  const auto* self = cluster_ ? find_member(*cluster_, cluster_->self) : nullptr;
  const auto* owner = owners_.empty() ? self : find_member(*cluster_, owners_.first_owner(key));
  if (owner) {
    out.owner = owner->name;
    out.owner_id = to_hex(owner->node);
  }
  auto done = [asked, what, out = std::move(out)](const result<found_entries>& found) mutable {
    if (!found)
      return asked->answer(found.error());
    if (!found->empty() && found->front())
      describe(*found->front(), what, out);
    asked->answer(std::move(out));
  };
  if (owner == self || !setup_.cache.link)
    self_->send(wiring_->cache_keeper, std::make_shared<find_ask>(std::vector{key}, std::move(done)));
  else
    setup_.cache.link->find(*owner, {key}, look_within, std::move(done));
}

} // namespace weft
