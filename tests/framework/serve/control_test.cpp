// What is said at the control socket, and where it may be.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "catena/serve/control_message.hpp"
#include "catena/serve/control_place.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using catena::testing::TempDir;

TEST_CASE("a command is taken from its line, whatever the line is", "[control]") {
  CHECK(control::command_of(control::ask_reload) == "reload");
  CHECK(control::command_of(control::ask_status) == "status");
  for (const char* line : {"", "reload", "{", "[]", "{}", R"({"command": 1})", "\xff"}) {
    CHECK(control::command_of(line).empty());
  }
}

TEST_CASE("answers come over as they were given", "[control]") {
  const auto status = control::read_status(control::to_line(
      control::Status{4711, "/etc/catena/site.json", {"http://127.0.0.1:80", "unix:/s"}}));
  REQUIRE(status);
  CHECK(status->process == 4711);
  CHECK(status->configuration == "/etc/catena/site.json");
  CHECK(status->urls == std::vector<std::string>{"http://127.0.0.1:80", "unix:/s"});
  for (const auto kind : {Verdict::Kind::done, Verdict::Kind::wrong, Verdict::Kind::failed}) {
    const std::string line = control::to_line(Verdict{kind, {"a \"line\"", "\n\xff"}});
    CHECK(line.find('\n') == line.size() - 1);
    const auto verdict = control::read_verdict(line);
    REQUIRE(verdict);
    CHECK(verdict->kind == kind);
    CHECK(verdict->lines.front() == "a \"line\"");
  }
  CHECK(control::read_meanwhile(control::meanwhile_line("at \"it\"")) == "at \"it\"");
  CHECK_FALSE(control::read_meanwhile(control::to_line(Verdict{})));
  CHECK_FALSE(control::read_verdict(control::meanwhile_line("at it")));
  CHECK_FALSE(control::read_status(control::refusal_line("no")));
  CHECK_FALSE(control::read_verdict(control::refusal_line("no")));
  CHECK_FALSE(control::read_verdict(R"({"verdict": "maybe"})"));
}

TEST_CASE("a verdict has a largest size", "[control]") {
  const Verdict many{Verdict::Kind::wrong, std::vector<std::string>(1000, std::string(1000, 'x'))};
  const std::string line = control::to_line(many);
  CHECK(line.size() <= control::longest_answer);
  const auto verdict = control::read_verdict(line);
  REQUIRE(verdict);
  const std::size_t shown = verdict->lines.size() - 1;
  CHECK(verdict->lines.back() == "and " + std::to_string(1000 - shown) + " more");
}

TEST_CASE("a directory for control sockets is this user's alone", "[control]") {
  const TempDir directory;
  const auto place = directory / "place";
  std::filesystem::create_directory(place);
  ::chmod(place.c_str(), 0700);
  CHECK(distrust(place, ::geteuid()).empty());
  CHECK(distrust(place, ::geteuid() + 1) == "it belongs to another user");
  ::chmod(place.c_str(), 0770);
  CHECK(distrust(place, ::geteuid()) == "others may write to it");
  std::filesystem::create_directory_symlink(place, directory / "link");
  CHECK(distrust(directory / "link", ::geteuid()) == "it is no directory");
  CHECK(distrust(directory / "missing", ::geteuid()) == "it can't be looked at");
}

TEST_CASE("control sockets are known by their names", "[control]") {
  CHECK(control_name(4711) == "control-4711.sock");
  CHECK(is_control_name(control_name(1)));
  CHECK_FALSE(is_control_name("control-1.sock.new"));
  CHECK_FALSE(is_control_name("other.sock"));
}
