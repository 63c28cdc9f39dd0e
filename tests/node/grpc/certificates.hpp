#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace weft::test {

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

/// A folder with two authorities, and a certificate for a server ("127.0.0.1") and a client from each: ca.pem, ca.key,
/// server.pem, server.key, client.pem, client.key, and the same with "other-" before. Gone with this object.
class certificates {
public:
  certificates() {
    std::string pattern = std::filesystem::temp_directory_path() / "weft-certificates-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    for (const std::string prefix : {"", "other-"}) {
      const auto file = [&](const std::string& name) { return "'" + (folder_ / (prefix + name)).string() + "'"; };
      openssl("req -x509 " + new_key + " -days 2 -subj '/CN=" + prefix + "authority' -keyout " + file("ca.key") +
              " -out " + file("ca.pem"));
      for (const std::string who : {"server", "client"})
        openssl("req -x509 " + new_key + " -days 2 -subj '/CN=" + who +
                "' -addext 'subjectAltName=IP:127.0.0.1' -addext 'basicConstraints=critical,CA:FALSE' -CA " +
                file("ca.pem") + " -CAkey " + file("ca.key") + " -keyout " + file(who + ".key") + " -out " +
                file(who + ".pem"));
    }
  }
  ~certificates() { std::filesystem::remove_all(folder_); }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  std::string text(const std::string& name) const { return read_file(path(name)); }

private:
  static inline const std::string new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

  static void openssl(const std::string& arguments) {
    const auto command = "openssl " + arguments + " 2>/dev/null";
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }

  std::filesystem::path folder_;
};

} // namespace weft::test
