#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/job_client.hpp"
#include "tests/cluster/small_disk.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
namespace fs = std::filesystem;

namespace {

/// Enough that a job of them takes seconds.
const lone_answers& many_answers() {
  static const lone_answers answers{4'000, 20261123};
  return answers;
}

std::vector<size_t> all_of(const lone_answers& answers) {
  std::vector<size_t> out(answers.size());
  std::iota(out.begin(), out.end(), 0);
  return out;
}

bool said(const cluster_node& node, const std::string& what) {
  return node.process().errors().find(what) != std::string::npos;
}

fs::path jobs_of(const cluster_node& node) {
  return fs::path{node.data_dir()} / "jobs";
}

/// A job of all these texts, acknowledged and done, kept by three nodes as one and the same.
std::string job_on_all(cluster_fixture& nodes, const lone_answers& answers, const std::string& request_id) {
  job_client client{nodes.endpoints()};
  const auto job = client.submit(request_id, texts_of(answers, all_of(answers)));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  REQUIRE(client.wait_for_end(job.id).state() == pb::JOB_STATE_DONE);
  return job.id;
}

/// Waits until every node keeps all results of so many jobs of these texts, and `node` knows that this one has ended.
/// Metrics are of a moment ago, so what is looked at only grows, to a known number.
bool all_keep(cluster_fixture& nodes, const cluster_node& node, const std::string& job, const lone_answers& answers,
              size_t jobs = 1) {
  const auto segments = static_cast<double>(jobs * ((answers.size() + 255) / 256));
  job_client client{{node.client_address()}};
  return nodes.comes_true([&] {
    for (size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].metric("weft_job_segments{state=\"finished\"}") != segments)
        return false;
    const auto known = client.get(job);
    return known && has_ended(*known);
  });
}

/// What this node alone has: one right result for each item.
void has_all_alone(cluster_fixture& nodes, size_t which, const std::string& job, const lone_answers& answers) {
  for (size_t i = 0; i < nodes.size(); ++i)
    if (i != which)
      CHECK(nodes[i].end(SIGKILL) == 128 + SIGKILL);
  const auto what = differs(job_client{{nodes[which].client_address()}}.results(job), answers, all_of(answers));
  CHECK_MESSAGE(what == "", what << "; the node's log: " << nodes[which].process().errors());
}

/// Has the node write what it has in memory to table files, as a backup does.
void flush(const cluster_node& node) {
  const auto channel = grpc::CreateChannel(node.client_address(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 60s);
  pb::CreateBackupResponse made;
  const auto status = pb::AdminService::NewStub(channel)->CreateBackup(&context, {}, &made);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
}

/// All files of the node's job log whose name begins or ends so, and have so many bytes.
std::vector<fs::path> files_of(const cluster_node& node, const std::string& name, uintmax_t bytes_min = 1) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(jobs_of(node) / "db")) {
    const auto file = entry.path().filename().string();
    if ((file.starts_with(name) || file.ends_with(name)) && entry.file_size() >= bytes_min)
      out.push_back(entry.path());
  }
  return out;
}

void flip(const fs::path& file, uintmax_t at, uintmax_t bytes) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  for (const auto end = std::min(at + bytes, fs::file_size(file)); at < end; ++at) {
    out.seekg(static_cast<std::streamoff>(at));
    const auto was = static_cast<char>(out.get());
    out.seekp(static_cast<std::streamoff>(at));
    out.put(static_cast<char>(was ^ 0x55));
  }
}

std::vector<cluster_node::options> nodes_with_backups(const temporary_directory& folder) {
  std::vector<cluster_node::options> out;
  for (const auto* name : {"n1", "n2", "n3"})
    out.push_back({.name = name, .settings = {"jobs.backup_dir=" + (folder.path() / name).string()}});
  return out;
}

/// A stream of Submit that stays open: what was acknowledged on it is what counts.
class open_submission {
public:
  open_submission(const std::string& endpoint, const std::string& request_id)
      : stub_(pb::JobService::NewStub(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()))) {
    context_.set_deadline(std::chrono::system_clock::now() + 60s);
    stream_ = stub_->Submit(&context_);
    pb::JobServiceSubmitRequest open;
    open.mutable_open()->set_request_id(request_id);
    REQUIRE(stream_->Write(open));
    pb::JobServiceSubmitResponse heard;
    REQUIRE(stream_->Read(&heard));
    REQUIRE(heard.has_opened());
    durable_ = heard.opened().items_durable();
  }

  uint64_t durable() const { return durable_; }
  void write(const std::vector<std::string>& texts, uint64_t first) {
    pb::JobServiceSubmitRequest items;
    items.set_first_item(first);
    for (const auto& text : texts)
      items.add_texts(text);
    (void)stream_->Write(items);
  }
  /// Reads until so many items are durable; false when the stream ends before.
  bool hear_durable(uint64_t items) {
    pb::JobServiceSubmitResponse heard;
    while (durable_ < items && stream_->Read(&heard))
      if (heard.has_durable())
        durable_ = heard.durable().items();
    return durable_ >= items;
  }
  /// Why the node ended it.
  grpc::Status wait_for_end() {
    pb::JobServiceSubmitResponse heard;
    while (stream_->Read(&heard))
      if (heard.has_durable())
        durable_ = heard.durable().items();
    return stream_->Finish();
  }

private:
  std::unique_ptr<pb::JobService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::JobServiceSubmitRequest, pb::JobServiceSubmitResponse>> stream_;
  uint64_t durable_ = 0;
};

} // namespace

TEST_CASE("full disks: Submit says so, nothing acknowledged is lost, and it goes on by itself when there is room") {
  small_disk disk{"1300m"}; // a log keeps off the last 512 MiB, and wants 128 more to begin again; three share it
  if (!disk.problem().empty()) {
    MESSAGE("skipped: a small disk cannot be mounted here: " << disk.problem());
    return;
  }
  std::vector<cluster_node::options> list;
  for (const auto* name : {"n1", "n2", "n3"})
    list.push_back({.name = name, .settings = {"cache.store=false"}, .data_dir = (disk.path() / name).string()});
  cluster_fixture nodes{list};
  const auto texts = texts_of(many_answers(), all_of(many_answers()));
  job_client client{nodes.endpoints()};

  open_submission before{nodes[0].client_address(), "while it fills"};
  before.write({texts.begin(), texts.begin() + 600}, 0);
  REQUIRE(before.hear_durable(512)); // two segments
  const auto running = client.submit("runs while it fills", texts);
  REQUIRE_MESSAGE(running.complete, running.last.error_message());
  disk.fill();
  before.write({texts.begin() + 600, texts.begin() + 3'000}, 600);
  const auto refused = before.wait_for_end();
  CHECK_MESSAGE(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED, refused.error_message());
  CHECK(reason(refused) == "STORAGE_FULL");
  const auto fresh = client.submit("another", texts, 0ms);
  CHECK(!fresh.complete);
  CHECK(fresh.durable == 0);
  CHECK(fresh.last.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (size_t i = 0; i < nodes.size(); ++i) {
    CHECK(nodes.comes_true([&] { return said(nodes[i], "the job log takes nothing new"); }));
    CHECK(nodes.comes_true([&] { return nodes[i].metric("weft_job_log_accepts_writes") == 0; }));
  }

  disk.make_room(2ULL << 30);
  for (size_t i = 0; i < nodes.size(); ++i)
    CHECK(nodes.comes_true([&] { return said(nodes[i], "the job log is written again"); }));
  // What was acknowledged is there, the rest comes again.
  CHECK(open_submission{nodes[1].client_address(), "while it fills"}.durable() >= before.durable());
  const auto again = client.submit("while it fills", texts);
  REQUIRE_MESSAGE(again.complete, again.last.error_message());
  for (const auto& job : {running.id, again.id}) {
    CHECK(client.wait_for_end(job).state() == pb::JOB_STATE_DONE);
    const auto what = differs(client.results(job), many_answers(), all_of(many_answers()));
    CHECK_MESSAGE(what == "", what);
  }
  for (size_t i = 0; i < nodes.size(); ++i)
    CHECK(!said(nodes[i], "damaged"));
}

TEST_CASE("the full disk of one node stops no job; it keeps records again when there is room") {
  small_disk disk{"900m"};
  if (!disk.problem().empty()) {
    MESSAGE("skipped: a small disk cannot be mounted here: " << disk.problem());
    return;
  }
  cluster_fixture nodes{{{.name = "n1"},
                         {.name = "n2", .settings = {"cache.store=false"}, .data_dir = (disk.path() / "n2").string()},
                         {.name = "n3"}}};
  disk.fill();
  const auto job = job_on_all(nodes, known_answers(), "r");
  REQUIRE(nodes.comes_true([&] { return said(nodes[1], "the job log takes nothing new"); }));
  const auto what =
      differs(job_client{{nodes[1].client_address()}}.results(job), known_answers(), all_of(known_answers()));
  CHECK_MESSAGE(what == "", what);
  disk.make_room(2ULL << 30);
  REQUIRE(nodes.comes_true([&] { return said(nodes[1], "the job log is written again"); }));
  CHECK(nodes[1].end(SIGTERM) == 0);
  nodes[1].start(); // a change of members: records are compared
  REQUIRE(nodes.whole());
  CHECK(all_keep(nodes, nodes[1], job, known_answers()));
  has_all_alone(nodes, 1, job, known_answers());
}

TEST_CASE("a node whose job log is damaged says so, and gets what is missing from the others") {
  struct damage {
    const char* file;
    const char* said;
  };
  for (const auto& [file, line] : {damage{".log", "torn by a power failure"}, damage{"MANIFEST", "mended"},
                                   damage{".sst", "mended"}, damage{"CURRENT", "mended"}}) {
    CAPTURE(std::string{file});
    const temporary_directory folder;
    cluster_fixture nodes{nodes_with_backups(folder)};
    auto& node = nodes[1];
    const auto job = job_on_all(nodes, known_answers(), "r");
    REQUIRE(all_keep(nodes, node, job, known_answers()));
    if (std::string{file} != ".log")
      flush(node);
    CHECK(node.end(SIGKILL) == 128 + SIGKILL);
    const auto damaged = files_of(node, file);
    REQUIRE(!damaged.empty());
    for (const auto& each : damaged)
      flip(each, fs::file_size(each) / 4, fs::file_size(each) / 2);

    node.start();
    CHECK(nodes.comes_true([&] { return said(node, line); }));
    REQUIRE(nodes.whole());
    job_client client{nodes.endpoints()};
    const auto next = client.submit("after", texts_of(known_answers(), all_of(known_answers())));
    REQUIRE_MESSAGE(next.complete, next.last.error_message());
    CHECK(client.wait_for_end(next.id).state() == pb::JOB_STATE_DONE);
    CHECK(client.submit("r", texts_of(known_answers(), all_of(known_answers()))).id == job); // it is the same job
    CHECK(all_keep(nodes, node, job, known_answers(), 2));
    has_all_alone(nodes, 1, job, known_answers());
  }
}

TEST_CASE("a damaged record that is read comes from another node, and is kept again") {
  const temporary_directory folder;
  cluster_fixture nodes{nodes_with_backups(folder)};
  auto& node = nodes[1];
  const auto job = job_on_all(nodes, known_answers(), "r");
  REQUIRE(all_keep(nodes, node, job, known_answers()));
  flush(node);
  CHECK(node.end(SIGKILL) == 128 + SIGKILL);
  const auto tables = files_of(node, ".sst", 200'000); // bodies
  REQUIRE(tables.size() == 1);
  flip(tables[0], fs::file_size(tables[0]) / 2, 1);
  node.start();
  REQUIRE(nodes.whole());
  const auto results = [&] { return job_client{{node.client_address()}}.results(job); };
  auto what = differs(results(), known_answers(), all_of(known_answers()));
  CHECK_MESSAGE(what == "", what);
  CHECK(nodes.comes_true([&] { return said(node, "damaged"); }));
  CHECK(nodes.comes_true([&] { return node.metric("weft_job_repaired_segments_total") > 0; }));
  CHECK(all_keep(nodes, node, job, known_answers()));
  has_all_alone(nodes, 1, job, known_answers());
}

TEST_CASE("a node whose whole disk is wiped in the midst of a job is a new one, and keeps its part again") {
  cluster_fixture nodes;
  job_client client{nodes.endpoints()};
  const auto indices = all_of(many_answers());
  const auto job = client.submit("corpus", texts_of(many_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  const auto half = client.wait_until(job.id, [&](const auto& it) { return it.items_done() > indices.size() / 4; });
  CHECK_FALSE(has_ended(half));
  CHECK(nodes[2].end(SIGKILL) == 128 + SIGKILL);
  fs::remove_all(nodes[2].data_dir());
  nodes[2].start();
  CHECK(client.wait_for_end(job.id).state() == pb::JOB_STATE_DONE);
  const auto what = differs(client.results(job.id), many_answers(), indices);
  CHECK_MESSAGE(what == "", what);
  CHECK(all_keep(nodes, nodes[2], job.id, many_answers()));
  has_all_alone(nodes, 2, job.id, many_answers());
}

TEST_CASE("a job log of another release is refused with a message and left alone; the others go on") {
  for (const bool newer : {true, false}) {
    CAPTURE(newer);
    cluster_fixture nodes;
    auto& node = nodes[1];
    const auto job = job_on_all(nodes, known_answers(), "r");
    CHECK(node.end(SIGTERM) == 0);
    const auto format = jobs_of(node) / "FORMAT";
    std::string ours;
    std::getline(std::ifstream{format}, ours);
    if (newer)
      std::ofstream{format} << "weft job log, format 9\n";
    else
      fs::remove(format); // as there were before the first release
    node.launch();
    CHECK(node.process().wait_exit() == 1);
    CHECK(said(node, newer ? "have format 9, newer than" : "have format 0, which"));
    CHECK(said(node, "move the folder away"));
    job_client client{{nodes[0].client_address(), nodes[2].client_address()}};
    const auto next = client.submit("on the others", texts_of(known_answers(), all_of(known_answers())));
    REQUIRE_MESSAGE(next.complete, next.last.error_message());
    CHECK(client.wait_for_end(next.id).state() == pb::JOB_STATE_DONE);

    std::ofstream{format} << ours << '\n'; // the release that wrote it, so to say
    node.start();
    REQUIRE(nodes.whole());
    CHECK(all_keep(nodes, node, job, known_answers(), 2));
    has_all_alone(nodes, 1, job, known_answers());
  }
}
