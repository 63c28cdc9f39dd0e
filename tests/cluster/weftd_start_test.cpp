#include "tests/cluster/weftd_fixture.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>

using namespace weft::test;

namespace {

// How a start ends that cannot work: its exit code and what it wrote to standard error.
std::pair<int, std::string> start_fails(const std::vector<std::string>& arguments, const std::string& before = "") {
  weftd_process process{{.arguments = arguments, .shell_before = before}};
  const int code = process.wait_exit();
  return {code, process.errors()};
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A copy of the model's folder by links, so that a test can damage one file.
void link_model(const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  for (const auto* name : {"config.json", "vocab.txt", "model.safetensors", "sentence_bert_config.json"})
    std::filesystem::create_symlink(weft::model_directory() / name, to / name);
}

} // namespace

TEST_CASE("a wrong configuration ends with exit code 2, file, line and the nearest key") {
  const temporary_directory folder;
  const auto file = folder.write("n.toml", "[node]\nname = \"x\"\nlisen = \"127.0.0.1:1\"\n");
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--check-config"}}) {
    std::vector<std::string> arguments{"--config", file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto [code, text] = start_fails(arguments);
    CHECK(code == 2);
    CHECK(text == "weftd: " + file.string() + ":3: node.lisen is not a key; did you mean node.listen?\n");
  }
  CHECK(start_fails({"--config", "/does/not/exist.toml"}).first == 2);
  CHECK(start_fails({"--no-such-flag"}).first == 2);
}

TEST_CASE("--check-config prints the effective configuration, overrides included, and starts nothing") {
  const temporary_directory folder;
  const auto file = folder.write("n.toml", "[node]\nname = \"from-file\"\n");
  weftd_process process{{.arguments = {"--config", file.string(), "--check-config", "--http", "127.0.0.1:9"},
                         .environment = {{"WEFT_NODE_DATA_DIR", "/proc/weft"}}}};
  CHECK(process.wait_exit() == 0);
  for (const auto* line :
       {"name = \"from-file\"\n", "http = \"127.0.0.1:9\"\n", "data_dir = \"/proc/weft\"\n", "[modes]\n"})
    CHECK(says(process.output(), line));
  const auto again = folder.write("again.toml", process.output());
  weftd_process second{{.arguments = {"--config", again.string(), "--check-config"}}};
  CHECK(second.wait_exit() == 0);
  CHECK(second.output() == process.output());
}

TEST_CASE("--check-config looks into TLS files") {
  const auto [code, text] =
      start_fails({"--check-config", "--set", "tls.cert=/no/cert.pem", "--set", "tls.key=/no/key.pem"});
  CHECK(code == 2);
  CHECK(says(text, "/no/"));
}

TEST_CASE("a port in use is named with its key") {
  running_weftd first;
  const temporary_directory folder;
  const auto client = first.process.client_address();
  const auto http = "127.0.0.1:" + std::to_string(first.process.http_port());
  for (const auto& [flag, key, address] :
       {std::tuple{"--listen", "node.listen: ", client}, {"--http", "node.http: ", http}}) {
    CAPTURE(flag);
    const auto [code, text] = start_fails(on_free_ports(folder, {flag, address}));
    CHECK(code == 1);
    CHECK(says(text, key));
    CHECK(says(text, address));
    CHECK(says(text, "in use"));
  }
}

TEST_CASE("a data folder is for one weftd") {
  running_weftd first;
  const auto [code, text] = start_fails(on_free_ports(first.folder));
  CHECK(code == 1);
  CHECK(says(text, "is in use by another weftd"));
}

TEST_CASE("a missing or damaged model file is named with the command that mends it") {
  const temporary_directory folder;
  struct damage {
    const char* name;
    const char* content; // null: removed
    const char* sums;    // null: no SHA256SUMS
    const char* wanted;
  };
  int number = 0;
  for (const auto& d :
       {damage{"vocab.txt", nullptr, nullptr, "vocab.txt is missing"},
        damage{"model.safetensors", nullptr, nullptr, "model.safetensors is missing"},
        damage{"model.safetensors", "short", nullptr, "model.safetensors"},
        damage{"config.json", "{", nullptr, "config.json"},
        damage{"vocab.txt", "[PAD]\n", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt\n",
               "vocab.txt is damaged"}}) {
    CAPTURE(d.wanted);
    const auto model = folder.path() / ("model" + std::to_string(number++));
    link_model(model);
    std::filesystem::remove(model / d.name);
    if (d.content)
      std::ofstream{model / d.name} << d.content;
    if (d.sums)
      std::ofstream{model / "SHA256SUMS"} << d.sums;
    const auto [code, text] = start_fails(on_free_ports(folder, {"--set", "model.dir=" + model.string()}));
    CHECK(code == 1);
    CHECK_MESSAGE(says(text, d.wanted), text);
    CHECK_MESSAGE(says(text, "tools/setup model"), text);
  }
}

TEST_CASE("a data folder that cannot be written is named, be it missing, read-only or full") {
  const temporary_directory folder;
  const auto refused = [&](const std::string& directory, const std::string& before, const std::string& wanted) {
    CAPTURE(wanted);
    const auto [code, text] = start_fails(on_free_ports(folder, {"--set", "node.data_dir=" + directory}), before);
    CHECK(code == 1);
    CHECK_MESSAGE(says(text, "node.data_dir " + directory), text);
    CHECK_MESSAGE(says(text, wanted), text);
  };
  refused("/proc/weft", "", "cannot be made");
  refused(folder.path().string(), "ulimit -f 8", "File too large");

  // Real file systems where this user may mount them.
  if (std::system("unshare -m true 2>/dev/null") != 0) {
    MESSAGE("no mount namespace here: a full and a read-only disk are not tried");
    return;
  }
  const auto mount = (folder.path() / "mount").string();
  std::filesystem::create_directory(mount);
  const auto weftd_on = [&](const std::string& mount_options) {
    return "if [ -z \"$inside\" ]; then export inside=1 && exec unshare -m sh -c 'mount -t tmpfs -o " + mount_options +
           " tmpfs " + mount + " && exec \"$0\" \"$@\"' \"$0\" \"$@\"; fi";
  };
  refused(mount, weftd_on("size=16k"), "No space left on device");
  refused(mount, weftd_on("ro"), "Read-only file system");
}

TEST_CASE("a log file that cannot be opened is named, and start errors reach the terminal beside a log file") {
  const temporary_directory folder;
  const auto [code, text] = start_fails(on_free_ports(folder, {"--set", "log.file=/proc/weft/no.log"}));
  CHECK(code == 1);
  CHECK(says(text, "log.file: /proc/weft/no.log"));
  const auto log = (folder.path() / "weft.log").string();
  const auto second = start_fails(on_free_ports(folder, {"--set", "log.file=" + log, "--data-dir", "/proc/weft"}));
  CHECK(second.first == 1);
  CHECK(says(second.second, "node.data_dir /proc/weft"));
}

TEST_CASE("plaintext beyond loopback is refused before anything starts") {
  const auto [code, text] = start_fails({"--listen", "0.0.0.0:0"});
  CHECK(code == 2);
  CHECK(says(text, "tls.allow_plaintext"));
}

TEST_CASE("systemd is told when the node is ready and when it stops") {
  const temporary_directory folder;
  const auto path = (folder.path() / "notify").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval limit{60, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto told = [&] {
    char text[64] = {};
    const auto count = ::recv(socket, text, sizeof text - 1, 0);
    return count > 0 ? std::string{text} : std::string{};
  };
  weftd_process process{{.arguments = on_free_ports(folder), .environment = {{"NOTIFY_SOCKET", path}}}};
  CHECK(told() == "READY=1");
  process.send_signal(SIGTERM);
  CHECK(told() == "STOPPING=1");
  CHECK(process.wait_exit() == 0);
  ::close(socket);
}
