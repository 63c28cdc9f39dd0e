#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/fake_jobs.hpp"
#include "tests/tools/weft/job_commands.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <utility>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

TEST_CASE("texts are handed in from a file, from standard input and from the command line, and the job is named") {
  fake_jobs node;
  const scratch_file file{lines(3'000)};
  const auto done = weft_at(node, {"job", "submit", "embed", file.path(), "--request-id", "a"});
  CHECK(done.exit == 0);
  CHECK(has(done.err, "weft: job job-a, request id a"));
  CHECK(has(done.out, "job job-a  done"));
  CHECK(has(done.out, "3 000 items safe in "));
  CHECK(node.at("job-a").texts.size() == 3'000);
  CHECK(node.at("job-a").texts[2'999] == "text 2999");

  const auto piped = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "b", "-o", "name"}, "x\n\ny");
  CHECK(piped.out == "job-b\n");
  CHECK(node.at("job-b").texts == std::vector<std::string>{"x", "", "y"});

  const auto typed = weft_at(node, {"job", "submit", "embed", "--text", "one two", "-o", "jsonl"});
  const auto object = json::parse(typed.out);
  CHECK(object["state"] == "done");
  CHECK(object["items_total"] == 1);
  CHECK(object["request_id"].get<std::string>().size() == 32); // a random one
  CHECK(object["id"] == "job-" + object["request_id"].get<std::string>());
}

TEST_CASE("what the command line says of a job arrives at the node") {
  fake_jobs node;
  CHECK(weft_at(node, {"job", "submit",         "embed", "--text",       "x", "--request-id", "r",  "--model",
                       "m",   "--priority",     "batch", "--durability", "3", "--retention",  "48", "--expires",
                       "2d",  "--no-normalize", "--cut", "left"})
            .exit == 0);
  const auto opening = node.at("job-r").opening;
  CHECK(opening.model() == "m");
  CHECK(opening.priority() == v1::JOB_PRIORITY_BATCH);
  CHECK(opening.durability().synced() == 3);
  CHECK(opening.durability().copies() == 0);
  CHECK(opening.retention_ms() == 48 * 3'600'000);
  CHECK(opening.expires_in_ms() == 2 * 24 * 3'600'000);
  CHECK_FALSE(opening.embed().normalize());
  CHECK(opening.embed().truncate());
  CHECK(opening.embed().truncation_side() == v1::TRUNCATION_SIDE_LEFT);
}

TEST_CASE("when a node is lost, the next one goes on, and nothing is doubled or left out") {
  const auto board = std::make_shared<job_board>();
  fake_jobs first{board, {.lost_after = 4'500}};
  fake_jobs second{board};
  for (const bool pipe : {true, false}) {
    CAPTURE(pipe);
    const std::string id = pipe ? "pipe" : "file";
    const scratch_file file{lines(20'000)};
    const auto done = weft_at({first.endpoint(), second.endpoint()},
                              {"job", "submit", "embed", pipe ? "-" : file.path(), "--request-id", id}, lines(20'000));
    CHECK(done.exit == 0);
    const auto texts = first.at("job-" + id).texts;
    REQUIRE(texts.size() == 20'000);
    for (size_t i = 0; i < texts.size(); ++i)
      if (texts[i] != "text " + std::to_string(i))
        FAIL("text " << i << " is '" << texts[i] << "'");
    if (pipe) { // the first node is lost once
      CHECK(has(done.err, "going on at " + second.endpoint()));
      CHECK(has(done.out, "taken up again 1×"));
    }
  }
}

TEST_CASE("the same node is asked again when there is no other") {
  fake_jobs node{std::make_shared<job_board>(), {.lost_after = 100}};
  const auto done = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, lines(300));
  CHECK(done.exit == 0);
  CHECK(node.streams() == 2);
  CHECK(node.at("job-r").texts.size() == 300);
}

TEST_CASE("a command that is started again goes on behind what is safe, and a job that is complete stays as it is") {
  const auto board = std::make_shared<job_board>();
  {
    fake_jobs node{board, {.lost_after = 2'000}};
    const auto cut =
        weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r", "--timeout", "100ms"}, lines(5'000));
    CHECK((cut.exit == 0 || cut.exit == 6 || cut.exit == 3));
    if (cut.exit != 0)
      CHECK(has(cut.err, "--request-id r goes on there"));
  }
  fake_jobs node{board};
  CHECK(weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, lines(5'000)).exit == 0);
  CHECK(node.at("job-r").texts.size() == 5'000);
  const auto again = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, lines(5'000));
  CHECK(again.exit == 0);
  CHECK(has(again.out, "It was there already, with all its 5 000 items."));
  CHECK(node.at("job-r").texts.size() == 5'000);
}

TEST_CASE("a job that is complete says nothing of an input with another number of texts: that one is refused") {
  fake_jobs node;
  const auto submit = [&](int count, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"job", "submit", "embed", "-", "--request-id", "r"});
    return weft_at(node, more, lines(count));
  };
  REQUIRE(submit(3).exit == 0);
  for (const auto& [count, state] : {std::pair{5, v1::JOB_STATE_DONE},
                                     {1, v1::JOB_STATE_DONE_WITH_FAILURES},
                                     {300'000, v1::JOB_STATE_RUNNING}}) { // more than the window holds
    CAPTURE(count);
    auto job = node.at("job-r").job;
    job.set_state(state);
    node.put(job);
    for (const auto& more : {std::vector<std::string>{}, {"--wait"}}) {
      const auto done = submit(count, more);
      CHECK(done.exit == 1);
      CHECK(done.out.empty());
      CHECK_MESSAGE(has(done.err, (count == 1   ? "the input has 1 text, "
                                   : count == 5 ? "5 texts, "
                                                : "300 000 texts, ") +
                                      std::string{"the job of this request id has 3: "}),
                    done.err);
      CHECK(has(done.err, "another --request-id for another job"));
      CHECK_FALSE(has(done.err, "goes on behind"));
      CHECK_FALSE(has(done.err, "goes on there"));
    }
  }
  CHECK(submit(3).exit == 0);
  CHECK(node.at("job-r").texts.size() == 3);
}

TEST_CASE("an input with fewer texts than the job has completes nothing") {
  const auto board = std::make_shared<job_board>();
  v1::Job job = job_of("job-r", v1::JOB_STATE_PENDING);
  job.clear_items_total();
  board->jobs["job-r"] = {job, {}, {"a", "b", "c"}};
  fake_jobs node{board};
  const auto done = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\nb\n");
  CHECK(done.exit == 1);
  CHECK(has(done.err, "the input has 2 texts, but 3 of this job are there already"));
  CHECK(has(done.err, "goes on behind 3 items"));
  const auto one = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "a\n");
  CHECK(has(one.err, "the input has 1 text, but"));
  CHECK(node.at("job-r").job.state() == v1::JOB_STATE_PENDING);
}

TEST_CASE("a text that cannot be handed in ends the command before the end, named by its place") {
  fake_jobs node;
  const auto large = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "l"},
                             "small\n" + std::string((16 << 20) + 1, 'x') + "\nsmall\n");
  CHECK(large.exit == 1);
  CHECK(has(large.err, "stdin:2: the text has more than 16777216 bytes [TEXT_TOO_LARGE]"));
  CHECK(node.at("job-l").job.state() == v1::JOB_STATE_PENDING);
}

TEST_CASE("errors of a submission end with the exit codes of all commands") {
  fake_jobs node;
  fake_jobs alone{std::make_shared<job_board>(), {.refuses = true}};
  CHECK(weft_at(node, {"job"}).exit == 2);
  CHECK(weft_at(node, {"job", "submit"}).exit == 2);
  CHECK(weft_at(node, {"job", "submit", "paint", "x"}).exit == 2);
  CHECK(weft_at(node, {"job", "submit", "embed", "/nowhere"}).exit == 2);
  CHECK(weft_at(node, {"job", "submit", "embed", "--text", "x", "--durability", "4"}).exit == 2);
  CHECK(weft_at(node, {"job", "submit", "embed", "--text", "x", "--retention", "31d"}).exit == 2);
  CHECK(weft_at({closed_endpoint()}, {"job", "submit", "embed", "--text", "x"}).exit == 3);
  const auto no_quorum = weft_at(alone, {"job", "submit", "embed", "--text", "x", "--timeout", "500ms"});
  CHECK(no_quorum.exit == 4);
  CHECK(has(no_quorum.err, "NO_QUORUM"));
}

TEST_CASE("with --wait, and by watch, the job is shown until its end") {
  fake_jobs node;
  const auto waited =
      weft_at(node, {"job", "submit", "embed", "--text", "x", "--text", "y", "--request-id", "r", "--wait"});
  CHECK(waited.exit == 0);
  CHECK(waited.out == "done  2/2 items\n"); // on no terminal only the last
  const auto watched = weft_at(node, {"job", "watch", "job-r"});
  CHECK(watched.exit == 0);
  CHECK(split_lines(watched.out) ==
        std::vector<std::string>{"running  1/2 items  [##########----------]  50%", "done  2/2 items"});
  const auto objects = split_lines(weft_at(node, {"job", "watch", "job-r", "-o", "json"}).out);
  REQUIRE(objects.size() == 2);
  CHECK(json::parse(objects[0])["state"] == "running");
  CHECK(json::parse(objects[1])["state"] == "done");
  const auto on_terminal = run_weft_on_terminal(
      {.arguments = {"job", "watch", "job-r", "--endpoint", node.endpoint()}, .environment = {"TERM=xterm"}}, {}, {});
  CHECK(on_terminal.exit == 0);
  CHECK(has(on_terminal.out, "[##########----------]  50%"));
  CHECK(has(on_terminal.out, "\r\x1b[K"));
  CHECK(has(on_terminal.out, "done  2/2 items"));
  node.put(job_of("gone", v1::JOB_STATE_CANCELLED));
  CHECK(weft_at(node, {"job", "watch", "gone"}).exit == 1);
  CHECK(weft_at(node, {"job", "watch", "nothing"}).exit == 1);
}

TEST_CASE("jobs are listed page by page, by state, and shown alone") {
  fake_jobs node;
  CHECK(has(weft_at(node, {"job", "list"}).err, "there are no jobs"));
  for (const char* id : {"j1", "j2", "j3", "j4", "j5"})
    node.put(job_of(id, id[1] % 2 != 0 ? v1::JOB_STATE_RUNNING : v1::JOB_STATE_DONE));
  CHECK(weft_at(node, {"job", "list", "-o", "name"}).out == "j1\nj2\nj3\nj4\nj5\n");
  CHECK(weft_at(node, {"job", "list", "-o", "name", "--limit", "3"}).out == "j1\nj2\nj3\n");
  CHECK(weft_at(node, {"job", "list", "-o", "name", "--state", "done"}).out == "j2\nj4\n");
  const auto table = weft_at(node, {"job", "list"}).out;
  for (const char* part : {"ID", "STATE", "ITEMS", "j5", "running", "0/10"})
    CHECK_MESSAGE(has(table, part), part);
  CHECK(has(weft_at(node, {"job", "list", "-o", "wide"}).out, "COPIES"));
  CHECK(split_lines(weft_at(node, {"job", "list", "-o", "json"}).out).size() == 5);
  CHECK(weft_at(node, {"job", "list", "--state", "finished"}).exit == 2);
  CHECK(weft_at(node, {"job", "list", "--all"}).exit == 5);
  const auto one = json::parse(weft_at(node, {"job", "get", "j2", "-o", "json"}).out);
  CHECK(one["id"] == "j2");
  CHECK(one["state"] == "done");
  CHECK(has(weft_at(node, {"job", "get", "j2"}).out, "state       done"));
  CHECK(weft_at(node, {"job", "get", "j9"}).exit == 1);
  CHECK(weft_at(node, {"job", "cancel", "j1"}).out == "j1 cancelled\n");
  const auto late = weft_at(node, {"job", "cancel", "j2"});
  CHECK(late.exit == 0);
  CHECK(late.out == "j2 done\n");
  CHECK(has(late.err, "stays as it is"));
}

TEST_CASE("what a command that is interrupted leaves behind is said, and it ends as interrupted") {
  const auto board = std::make_shared<job_board>();
  fake_jobs endless{board, {.endless = true}};
  const auto handing_in =
      run_weft({.arguments = {"job", "submit", "embed", "-", "--request-id", "r", "--endpoint", endless.endpoint()},
                .input = lines(100),
                .interrupt_at = "weft: job job-r"});
  CHECK(handing_in.exit == -SIGINT);
  CHECK_MESSAGE(has(handing_in.err, "safe in job job-r; the same command with --request-id r goes on there"),
                handing_in.err);
  const auto watching = run_weft(
      {.arguments = {"job", "watch", "job-r", "--endpoint", endless.endpoint()}, .interrupt_at = "running  0/"});
  CHECK(watching.exit == -SIGINT);
  CHECK(has(watching.err, "The job goes on without this command:\n        weft job watch job-r\n"));
}

TEST_CASE("Ctrl-C while a submission waits leaves the job alone, and no file") {
  const auto board = std::make_shared<job_board>();
  fake_jobs node{board};
  REQUIRE(weft_at(node, {"job", "submit", "embed", "--text", "x", "--text", "y", "--request-id", "r"}).exit == 0);
  fake_jobs endless{board, {.endless = true}};
  const temporary_directory folder;
  const auto waiting =
      run_weft_on_terminal({.arguments = {"job", "submit", "embed", "--text", "x", "--text", "y", "--request-id", "r",
                                          "--wait", "--out", folder.path() / "m.npy", "--endpoint", endless.endpoint()},
                            .environment = {"TERM=xterm"}},
                           "50%", "\x03");
  CHECK(waiting.exit == -SIGINT);
  CHECK_MESSAGE(has(waiting.out, "weft job results job-r"), waiting.out);
  CHECK(node.at("job-r").job.state() == v1::JOB_STATE_DONE);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a job that was cancelled takes no more texts, and another request id is advised") {
  const auto board = std::make_shared<job_board>();
  board->jobs["job-r"] = {job_of("job-r", v1::JOB_STATE_CANCELLED), {}, {"a", "b", "c"}};
  const fake_jobs node{board};
  for (const bool wait : {false, true}) {
    std::vector<std::string> arguments{"job", "submit", "embed", "--text", "x", "--request-id", "r"};
    if (wait)
      arguments.emplace_back("--wait");
    const auto done = weft_at(node, arguments);
    CHECK(done.exit == 1);
    CHECK(has(done.err, "job job-r, which has this request id, is cancelled and takes no texts"));
    CHECK(has(done.err, "Give another --request-id"));
    CHECK_FALSE(has(done.err, "goes on"));
    CHECK(done.out.empty());
  }
}

TEST_CASE("an empty input is a job without items") {
  fake_jobs node;
  const auto done = weft_at(node, {"job", "submit", "embed", "-", "--request-id", "r"}, "");
  CHECK(done.exit == 0);
  CHECK(has(done.out, "0 items safe"));
  CHECK(node.at("job-r").texts.empty());
}
