#include "tests/support/jobs_world.hpp"

#include <algorithm>

namespace weft::test {

jobs_world::jobs_world(size_t count, jobs_options options) : options_(std::move(options)) {
  hosts_.resize(count);
  for (size_t i = 0; i < count; ++i)
    hosts_[i].id = node_id{i + 1};
  for (size_t i = 0; i < count; ++i)
    start(i);
  advance(10ms);
}

jobs_options jobs_world::default_options() {
  jobs_options out;
  out.region = "local";
  out.models = {"mini"};
  return out;
}

void jobs_world::kill(size_t i) {
  auto& node = hosts_[i];
  node.up = false;
  node.next_sequence += 1'000; // the log's promise: greater than any given
  node.core.reset();
}

void jobs_world::start(size_t i) {
  auto& node = hosts_[i];
  node.up = true;
  ++node.epoch;
  node.core = std::make_unique<jobs_core>(node.id, options_);
  node.core->set_members(view(i), now());
  job_log_contents contents{.next_sequence = node.next_sequence};
  for (const auto& [id, header] : node.headers)
    contents.headers.push_back(header);
  for (const auto& [id, record] : node.segments)
    contents.segments.push_back(record.meta);
  node.core->loaded(std::move(contents), now());
  carry(i);
}

void jobs_world::tell_members() {
  for (size_t i = 0; i < hosts_.size(); ++i)
    if (hosts_[i].up) {
      hosts_[i].core->set_members(view(i), now());
      carry(i);
    }
}

void jobs_world::cut(size_t a, size_t b) {
  hosts_[a].cut_from.insert(b);
  hosts_[b].cut_from.insert(a);
}

void jobs_world::heal() {
  for (auto& node : hosts_)
    node.cut_from.clear();
}

void jobs_world::advance(std::chrono::milliseconds span) {
  const auto until = since_ + span;
  while (true) {
    auto next = events_.empty() ? until + 1ms : events_.begin()->first;
    for (const auto& node : hosts_)
      if (node.up)
        if (const auto wake = node.core->next_wake())
          next = std::min(next, std::max(since_, ceil(*wake - start_)));
    if (next > until)
      break;
    since_ = next;
    step();
  }
  since_ = until;
}

bool jobs_world::run_until(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  for (auto waited = 0ms; waited < limit; waited += 10ms) {
    if (holds())
      return true;
    advance(10ms);
  }
  return holds();
}

uint64_t jobs_world::open(size_t i, std::string request_id, std::function<void(job_opening&)> change) {
  job_opening opening{.tenant = "t", .request_id = std::move(request_id), .precision = numeric_class::fp32};
  if (change)
    change(opening);
  const auto number = ++last_number_;
  core(i).open(number, std::move(opening), now());
  carry(i);
  return number;
}

void jobs_world::append(size_t i, uint64_t submission, std::vector<std::string> texts) {
  core(i).append(submission, std::move(texts), now());
  carry(i);
}

void jobs_world::complete(size_t i, uint64_t submission) {
  core(i).complete(submission, now());
  carry(i);
}

void jobs_world::abandon(size_t i, uint64_t submission) {
  core(i).abandon(submission, now());
  carry(i);
}

uint64_t jobs_world::cancel(size_t i, job_id id) {
  const auto number = ++last_number_;
  core(i).cancel(number, question(id), now());
  carry(i);
  return number;
}

uint64_t jobs_world::look(size_t i, job_id id) {
  const auto number = ++last_number_;
  core(i).look(number, question(id), now());
  carry(i);
  return number;
}

uint64_t jobs_world::watch(size_t i, job_id id, std::chrono::milliseconds period) {
  const auto number = ++last_number_;
  core(i).watch(number, question(id), period, now());
  carry(i);
  return number;
}

uint64_t jobs_world::read(size_t i, job_id id, uint64_t from) {
  const auto number = ++last_number_;
  core(i).read(number, question(id), from, now());
  carry(i);
  read_next(i, number);
  return number;
}

void jobs_world::tell_corpus(size_t i, std::chrono::milliseconds after, corpus_event event) {
  later_at(i, after, [this, event = std::move(event)](jobs_core& core) { core.corpus(event, now()); });
}

uint64_t jobs_world::read_corpus(size_t i, job_id id) {
  const auto number = ++last_number_;
  core(i).read_corpus(number, question(id), now());
  carry(i);
  return number;
}

uint64_t jobs_world::rank_corpus(size_t i, corpus_query query) {
  const auto number = ++last_number_;
  core(i).rank_corpus(number, std::move(query), now());
  carry(i);
  return number;
}

void jobs_world::read_next(size_t i, uint64_t reader) {
  core(i).read_next(reader, now());
  carry(i);
}

std::vector<results_page> jobs_world::read_all(size_t i, job_id id, uint64_t from) {
  const auto number = read(i, id, from);
  size_t seen = 0;
  run_until([&] {
    const auto& it = hosts_[i].readers[number];
    if (it.pages.size() > seen && !it.ended) {
      seen = it.pages.size();
      read_next(i, number);
    }
    return it.ended.has_value();
  });
  return hosts_[i].readers[number].pages;
}

bool jobs_world::submit(size_t i, const std::string& request_id, const std::vector<std::string>& texts,
                        std::function<void(job_opening&)> change) {
  const auto number = open(i, request_id, std::move(change));
  auto& heard = hosts_[i].submissions[number];
  if (!run_until([&] { return heard.opened || heard.ended; }) || heard.ended)
    return heard.ended && *heard.ended;
  const auto from = heard.opened->header.progress.items_durable;
  append(i, number, {texts.begin() + static_cast<std::ptrdiff_t>(from), texts.end()});
  complete(i, number);
  return run_until([&] { return heard.ended.has_value(); }) && *heard.ended;
}

std::optional<job_header> jobs_world::header(size_t i, job_id id) {
  const auto found = core(i).get(question(id), now());
  return found ? std::optional{found->header} : std::nullopt;
}

size_t jobs_world::copies(segment_id id) const {
  size_t out = 0;
  for (const auto& node : hosts_)
    out += node.segments.contains(id);
  return out;
}

cluster_view_ptr jobs_world::view(size_t me) const {
  cluster_view out{.self = hosts_[me].id, .version = 1};
  for (size_t i = 0; i < hosts_.size(); ++i) {
    cluster_member member{.node = hosts_[i].id, .epoch = boot_epoch{hosts_[i].epoch}, .region = "local"};
    member.condition = i == me || reaches(me, i) ? member_condition::serving : member_condition::dead;
    out.members.push_back(std::move(member));
  }
  return std::make_shared<const cluster_view>(std::move(out));
}

void jobs_world::later(std::chrono::milliseconds after, std::function<void()> what) {
  events_.emplace(since_ + after, std::move(what));
}

void jobs_world::later_at(size_t i, std::chrono::milliseconds after, std::function<void(jobs_core&)> what) {
  later(after, [this, i, epoch = hosts_[i].epoch, what = std::move(what)] {
    if (!hosts_[i].up || hosts_[i].epoch != epoch)
      return;
    what(*hosts_[i].core);
    carry(i);
  });
}

void jobs_world::step() {
  while (!events_.empty() && events_.begin()->first <= since_) {
    const auto event = events_.extract(events_.begin());
    event.mapped()();
  }
  for (size_t i = 0; i < hosts_.size(); ++i)
    if (hosts_[i].up)
      if (const auto wake = hosts_[i].core->next_wake(); wake && *wake <= now().steady) {
        hosts_[i].core->tick(now());
        carry(i);
      }
}

void jobs_world::carry(size_t i) {
  for (auto effects = core(i).take_effects(); !effects.empty(); effects = core(i).take_effects())
    for (auto& effect : effects)
      std::visit([&](auto& wanted) { carry_out(i, wanted); }, effect);
}

void jobs_world::carry_out(size_t i, write_log& wanted) {
  auto& node = hosts_[i];
  status outcome = ok;
  if (node.disk != errc::none)
    outcome = failure{node.disk, "the test says so"};
  else
    write(node, wanted.batch);
  later_at(i, 1ms, [this, t = wanted.ticket, outcome](jobs_core& core) { core.log_written(t, outcome, now()); });
}

void jobs_world::write(host& node, const job_log_batch& batch) {
  for (const auto& header : batch.headers)
    node.headers[header.id] = header;
  for (const auto& segment : batch.segments)
    node.segments[segment.meta.id] = segment;
  for (const auto id : batch.dropped)
    node.segments.erase(id);
  for (const auto* jobs : {&batch.removed, &batch.forgotten})
    for (const auto job : *jobs)
      std::erase_if(node.segments, [&](const auto& it) { return it.first.job == job; });
  for (const auto job : batch.forgotten)
    node.headers.erase(job);
}

void jobs_world::carry_out(size_t i, read_log& wanted) {
  if (hosts_[i].reads == disk_reads::hang)
    return;
  if (hosts_[i].reads == disk_reads::fail)
    return later_at(i, 1ms, [this, t = wanted.ticket](jobs_core& core) {
      core.log_read(t, failure{errc::storage_failed, "the disk cannot be read"}, now());
    });
  std::vector<std::optional<segment_record>> out;
  for (const auto id : wanted.ids) {
    const auto found = hosts_[i].segments.find(id);
    out.push_back(found == hosts_[i].segments.end() ? std::nullopt : std::optional{found->second});
  }
  later_at(i, 1ms, [this, t = wanted.ticket, out](jobs_core& core) { core.log_read(t, out, now()); });
}

void jobs_world::carry_out(size_t i, ask_node& wanted) {
  const auto to = static_cast<size_t>(wanted.to) - 1;
  if (const auto* keep = std::get_if<keep_records>(&wanted.request)) {
    uint64_t bytes = 0;
    for (const auto& segment : keep->segments)
      bytes += segment.body->size();
    largest_body = std::max(largest_body, bytes);
  }
  const auto exchange = ++last_number_;
  asks_[exchange] = {i, hosts_[i].epoch, to, wanted.ticket};
  later(wanted.within, [this, exchange] { answer(exchange, failure{errc::deadline_exceeded, "no answer"}); });
  later(1ms, [this, exchange, i, to, request = std::move(wanted.request)] {
    if (!reaches(i, to))
      return answer(exchange, failure{errc::unavailable, "unreachable"});
    core(to).asked(exchange, request, now());
    carry(to);
  });
}

void jobs_world::carry_out(size_t i, answer_node& wanted) {
  later(1ms, [this, i, wanted] {
    const auto found = asks_.find(wanted.exchange);
    if (found != asks_.end() && reaches(found->second.from, i))
      answer(wanted.exchange, wanted.answer);
  });
}

void jobs_world::answer(uint64_t exchange, const result<job_answer>& what) {
  const auto found = asks_.extract(exchange);
  if (found.empty())
    return;
  const auto& ask = found.mapped();
  if (!hosts_[ask.from].up || hosts_[ask.from].epoch != ask.epoch)
    return;
  core(ask.from).answered(ask.ticket, what, now());
  carry(ask.from);
}

void jobs_world::carry_out(size_t i, run_texts& wanted) {
  later_at(i, run_time, [this, i, wanted](jobs_core& core) {
    hosts_[i].items_run += wanted.items.size();
    core.ran(wanted.run, engine ? engine(i, *wanted.work, wanted.items) : lengths(*wanted.work, wanted.items), now());
  });
}

run_outcome jobs_world::lengths(const segment_texts& work, const std::vector<uint32_t>& items) {
  segment_results out{.model = "mini", .model_version = "1"};
  for (const auto item : items) {
    item_outcome one;
    one.value.values = {static_cast<float>(work.texts.at(item).size())};
    one.value.tokens = 1;
    out.items.push_back(std::move(one));
  }
  out.usage = {.tokens = items.size(), .device_seconds = 0.001};
  return out;
}

void jobs_world::carry_out(size_t i, submission_ended& news) {
  hosts_[i].submissions[news.submission].ended.emplace(std::move(news.outcome));
}

std::vector<std::string> some_texts(size_t count, size_t from) {
  std::vector<std::string> out;
  for (size_t i = from; i < from + count; ++i)
    out.emplace_back(1 + i % 7, static_cast<char>('a' + i % 26));
  return out;
}

bool are_results_of(const std::vector<results_page>& pages, const std::vector<std::string>& texts, size_t from) {
  auto next = from;
  for (const auto& page : pages) {
    if (page.first_item != next)
      return false;
    for (const auto& item : page.results->items) {
      if (next >= texts.size() || item.failed() || item.value.values.at(0) != static_cast<float>(texts[next].size()))
        return false;
      ++next;
    }
  }
  return next == texts.size();
}

} // namespace weft::test
