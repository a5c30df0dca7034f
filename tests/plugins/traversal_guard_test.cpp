#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin static_file();
Plugin traversal_guard();
}  // namespace catena::plugins

namespace {

using catena::Exchange;
using catena::Next;
using catena::Status;
using catena::plugins::static_file;
using catena::plugins::traversal_guard;
using catena::testing::complaints;
using catena::testing::TempDir;
using catena::testing::TestChain;

// Spellings of paths that leave the root, whatever they name outside.
constexpr const char* leaving[] = {
    "/..",
    "/../",
    "/../secret",
    "/../../secret",
    "/../../../../../../../../etc/passwd",
    "/%2e%2e/secret",
    "/%2E%2E/secret",
    "/.%2e/secret",
    "/%2e./secret",
    "/..%2fsecret",
    "/..%2Fsecret",
    "/%2e%2e%2fsecret",
    "/%2e%2e%2f%2e%2e%2fsecret",
    "//../secret",
    "///..///secret",
    "/%2f../secret",
    "/./../secret",
    "/%2e/%2e%2e/secret",
    "/.//.././/secret",
    "/docs/../../secret",
    "/docs/..//../secret",
    "/docs/./../../secret",
    "/docs/%2e%2e/%2e%2e/secret",
    "/docs/..%2f../secret",
    "/docs%2f..%2f..%2fsecret",
    "/docs/a/b/../../../../secret",
    "/nothing/../../secret",
    "/docs/../..",
    "/docs/../../",
    "/../root/page.html",  // back in again
    "/docs/../../root/page.html",
    "/../docs/../page.html",
    "/..?x",
    "/../secret?a=/b",
    "/..//..//secret",
    "/.well-known/../../secret",
    "/%2ewell-known/%2e%2e/..%2fsecret",
    "http://test/../secret",
    "http://test/%2e%2e/secret",
    "HTTP://TEST/docs/../../secret",
};

// The same where a backslash counts as a separator, which it does not to us.
constexpr const char* leaving_by_backslash[] = {
    "/..\\secret",           "/..%5csecret",         "/..%5Csecret",
    "/\\..\\secret",         "/%5c..%5csecret",      "/%2e%2e%5csecret",
    "/docs\\..\\..\\secret", "/docs/..\\..\\secret", "/docs%5c../..\\..\\x",
    "/docs/\\..\\..\\..\\x", "/..\\../secret",       "/docs\\..\\..",
};

// What only looks as if it left the root, and which no guard of ours need refuse as such.
constexpr const char* staying[] = {
    "/docs/..",
    "/docs/../page.html",
    "/docs/a/../../page.html",
    "/a/%2e%2e/page.html",
    "/a..b",
    "/a../b",
    "/docs\\..\\page.html",
    "/docs/a..%5cb",
    "/%252e%252e/x",
    "/%25%32%65%25%32%65/",
    "/%c0%ae%c0%ae/secret",
    "/a%ef%bc%8f..%ef%bc%8fb",
    "/x?/../secret",
    "/x?a=../../secret",
};

void reached(Exchange& exchange, Next&) {
  exchange.response.set_status(Status::ok);
  exchange.response.body.own("reached");
}

/// A directory with the root and, beside it, what must not be served.
class Premises {
 public:
  Premises() {
    files_.write("secret", "the secret");
    files_.write("root/page.html", "a page");
    files_.write("root/docs/a/b/page.html", "a page");
    files_.write("root/.well-known/security.txt", "whom to tell");
    files_.write("root/.env", "the secret");
    files_.write("root/docs/.git/config", "the secret");
  }
  std::filesystem::path root() const { return files_ / "root"; }

 private:
  TempDir files_;
};

TEST_CASE("traversal_guard answers 403 to what leaves the root, however written", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  for (const char* target : leaving) {
    INFO(target);
    const auto response = chain.get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
  for (const char* target : leaving_by_backslash) {
    INFO(target);
    CHECK(chain.get(target).status == 403);
  }
}

TEST_CASE("traversal_guard refuses the same where dotfiles are served", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard(), R"({"dotfiles": true})").add(reached);
  for (const char* target : leaving) {
    INFO(target);
    CHECK(chain.get(target).status == 403);
  }
  for (const char* target : leaving_by_backslash) {
    INFO(target);
    CHECK(chain.get(target).status == 403);
  }
}

TEST_CASE("traversal_guard passes on what stays inside", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  for (const char* target : staying) {
    INFO(target);
    CHECK(chain.get(target).body == "reached");
  }
}

TEST_CASE("a malformed encoding and an encoded NUL are 400 before any guard", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  for (const char* target : {"/..%00/secret", "/%", "/%2", "/%2g%2e/secret", "/page%00.html"}) {
    INFO(target);
    CHECK(chain.get(target).status == 400);
  }
}

TEST_CASE("without the guard the kernel holds the fence", "[plugins]") {
  const Premises premises;
  TestChain chain;
  chain.root(premises.root()).add(static_file());
  for (const char* target : leaving) {
    INFO(target);
    const auto response = chain.get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
  // A backslash is an ordinary character to the kernel, so these name files that are not there.
  for (const char* target : leaving_by_backslash) {
    INFO(target);
    const auto response = chain.get(target);
    CHECK((response.status == 403 || response.status == 404));
    CHECK(response.body.empty());
  }
  for (const char* target : staying) {
    INFO(target);
    CHECK(chain.get(target).body != "the secret");
  }
  CHECK(chain.get("/page.html").body == "a page");
}

TEST_CASE("symbolic links lead nowhere outside the root", "[plugins]") {
  const Premises premises;
  const std::filesystem::path root = premises.root();
  std::filesystem::create_symlink("../secret", root / "out");
  std::filesystem::create_symlink("..", root / "above");
  std::filesystem::create_symlink(root / "page.html", root / "absolute");
  std::filesystem::create_symlink("/etc", root / "etc");
  std::filesystem::create_symlink("/proc/self/root", root / "magic");
  std::filesystem::create_symlink("circle", root / "circle");
  std::filesystem::create_symlink("nothing", root / "dangling");
  std::filesystem::create_symlink("../page.html", root / "docs/inside");
  for (const bool guarded : {true, false}) {
    TestChain chain;
    chain.root(root);
    if (guarded) chain.add(traversal_guard());
    chain.add(static_file());
    for (const char* target : {"/out", "/above/secret", "/above", "/absolute", "/etc/passwd",
                               "/etc", "/magic/etc/passwd", "/circle"}) {
      INFO(target);
      const auto response = chain.get(target);
      CHECK(response.status == 403);
      CHECK(response.body.empty());
    }
    CHECK(chain.get("/dangling").status == 404);
    CHECK(chain.get("/docs/inside").body == "a page");
  }
}

TEST_CASE("traversal_guard answers 404 to names that begin with a dot, at any depth", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  for (const char* target :
       {"/.env", "/%2eenv", "/.git", "/docs/.git/config", "/docs/.git/", "/docs/%2egit/config",
        "/docs/../.env", "//.env", "/./.env", "/docs%2f.git%2fconfig", "/...", "/..;/secret",
        "/....//secret", "/docs/..%5cpage.html", "/.well-knownx/a", "/.WELL-KNOWN/security.txt",
        "/docs/.well-known/x"}) {
    INFO(target);
    const auto response = chain.get(target);
    CHECK(response.status == 404);
    CHECK(response.body.empty());
  }
}

TEST_CASE("traversal_guard answers a dotfile alike whether it is there or not", "[plugins]") {
  const Premises premises;
  TestChain chain;
  chain.root(premises.root()).add(traversal_guard()).add(static_file());
  auto there = chain.get("/.env");
  auto missing = chain.get("/.nothing");
  CHECK(there.status == missing.status);
  CHECK(there.headers.size() == missing.headers.size());
}

TEST_CASE("traversal_guard passes on what is below /.well-known", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  for (const char* target :
       {"/.well-known", "/.well-known/", "/.well-known/security.txt", "/%2ewell-known/x",
        "/docs/../.well-known/x", "/.well-known/.hidden"}) {
    INFO(target);
    CHECK(chain.get(target).body == "reached");
  }
}

TEST_CASE("traversal_guard passes on dotfiles where the option says so", "[plugins]") {
  const Premises premises;
  TestChain chain;
  chain.root(premises.root()).add(traversal_guard(), R"({"dotfiles": true})").add(static_file());
  CHECK(chain.get("/.env").status == 200);
  CHECK(chain.get("/docs/.git/config").status == 200);
}

TEST_CASE("traversal_guard looks at every method and at targets without a path", "[plugins]") {
  TestChain chain;
  chain.add(traversal_guard()).add(reached);
  CHECK(chain.request("DELETE", "/../x").status == 403);
  CHECK(chain.request("OPTIONS", "*").status == 200);
  CHECK(chain.request("CONNECT", "test:80").status == 200);
}

TEST_CASE("traversal_guard says what is wrong with its options", "[plugins]") {
  const std::vector<std::pair<const char*, std::string>> cases{
      {R"({"dotfiles": "yes"})",
       R"(options:1:14: /dotfiles: expected true or false, got a string)"},
      {R"({"dotfile": true})",
       R"(options:1:2: /dotfile: unknown option of traversal_guard; did you mean "dotfiles"?)"},
  };
  for (const auto& [options, complaint] : cases) {
    CHECK(complaints(traversal_guard(), options) == complaint + "\n");
  }
}

}  // namespace
