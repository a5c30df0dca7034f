#include "catena/plugin/module.hpp"

#include <filesystem>
#include <string>

#include "catena/plugin/signature.hpp"
#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/quiet_log.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

const std::filesystem::path modules(CATENA_TEST_MODULES);

/// Why a file is refused; "" when it is not.
std::string refusal(const std::filesystem::path& path) {
  Registry registry;
  const auto refused = add_module(path, registry);
  if (refused) CHECK(registry.names().empty());
  return refused.value_or("");
}

/// The same, of a module that the tests build.
std::string refusal_of(const std::string& name) {
  return refusal(modules / ("lib" + name + ".so"));
}

Registry loaded(const std::filesystem::path& path) {
  Registry registry;
  const auto refused = add_module(path, registry);
  CHECK(refused.value_or("") == "");
  return registry;
}

std::string answer(const Registry& registry, std::string_view options = "{}") {
  TestChain chain;
  chain.add(*registry.find("good"), options);
  return chain.get("/").body;
}

/// The text without the number of requests so far, which other tests count up, too.
std::string text_of(const std::string& answer) { return answer.substr(0, answer.rfind(' ')); }

void copy_over(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/// What stands behind a difference: both signatures.
std::string both_signatures(const std::string& part, const std::string& instead) {
  std::string theirs = Signature::parse(CATENA_SIGNATURE)->text();
  const std::size_t at = theirs.find(part);
  REQUIRE(at != std::string::npos);
  theirs.replace(at, part.size(), instead);
  return " (its signature: " + theirs + "; this catena's: " + Signature::own().text() + ")";
}

}  // namespace

TEST_CASE("a module brings its plugins, with all that is declared of them", "[module]") {
  const Registry registry = loaded(modules / "libgood.so");
  CHECK(registry.names() == std::vector<std::string>{"good"});
  const Plugin& plugin = *registry.find("good");
  REQUIRE(plugin.module != nullptr);
  CHECK(plugin.module->path == modules / "libgood.so");
  REQUIRE(plugin.options.size() == 2);
  CHECK(plugin.options[0].default_text == "\"a text\"");
  CHECK(text_of(answer(registry, R"({"text": "Hi", "times": 2})")) == "HiHi");
  TestChain chain;
  CHECK_THROWS_WITH(chain.add(plugin, R"({"times": 10})"),
                    ContainsSubstring("options:1:11: /times: expected"));
}

TEST_CASE("exceptions and next pass between modules and catena", "[module]") {
  const QuietLog quiet;
  const Registry registry = loaded(modules / "libgood.so");
  TestChain chain;
  chain.add(*registry.find("good")).add([](Exchange& exchange, Next&) {
    if (exchange.path() != "/next") return;
    exchange.response.set_status(Status::ok);
    exchange.response.body.append("behind it");
  });
  CHECK(chain.get("/next").body == "behind it");
  CHECK(chain.get("/throw").status == 500);
}

TEST_CASE("handlers can tell which module made them", "[module]") {
  const Registry registry = loaded(modules / "libgood.so");
  config::Diagnostics diagnostics;
  const auto chain = config::parse(R"([{"plugin": "good"}])", "chain", {}, diagnostics);
  const auto pipeline = ChainBuilder(registry, diagnostics, false).build({*chain});
  REQUIRE(pipeline->handlers().size() == 1);
  CHECK(pipeline->handlers()[0].module == registry.find("good")->module);
}

TEST_CASE("a module's file may be replaced, and even overwritten, while it runs", "[module]") {
  const TempDir directory;
  const std::filesystem::path file = directory / "libgood.so";
  copy_over(modules / "libgood.so", file);
  const Registry before = loaded(file);
  TestChain chain;
  chain.add(*before.find("good"));
  CHECK(text_of(chain.get("/").body) == "a text");

  copy_over(modules / "libgood_again.so", file);
  const Registry after = loaded(file);
  CHECK(text_of(answer(after)) == "another text");
  CHECK(text_of(chain.get("/").body) == "a text");
  CHECK(before.find("good")->module != after.find("good")->module);
  // What the two define under the same names is not shared.
  const std::string counted = answer(after);
  chain.get("/");
  CHECK(std::stoi(answer(after).substr(counted.rfind(' '))) ==
        std::stoi(counted.substr(counted.rfind(' '))) + 1);
}

TEST_CASE("the same content is the same module", "[module]") {
  const TempDir directory;
  const std::filesystem::path file = directory / "libtwo.so";
  copy_over(modules / "libtwo.so", file);
  const Registry once = loaded(file);
  std::filesystem::remove(file);
  copy_over(modules / "libtwo.so", file);
  const Registry again = loaded(file);
  CHECK(once.find("first")->module == again.find("first")->module);
  CHECK(once.find("first")->module == once.find("second")->module);
}

TEST_CASE("a module that does not fit is refused before it is loaded", "[module]") {
  CHECK(refusal_of("debug_containers") ==
        "it was compiled with the standard library's debug containers, and this catena with plain "
        "ones; compile it without -D_GLIBCXX_DEBUG" +
            both_signatures("containers=plain", "containers=debug"));
  CHECK(refusal_of("old_strings") ==
        "it was compiled with the old std::string, and this catena with the new one; compile it "
        "with -D_GLIBCXX_USE_CXX11_ABI=1" +
            both_signatures("strings=new", "strings=old"));
  // Not met as the undefined symbol that it has, too.
  CHECK(refusal_of("newer_api") ==
        "it was built for version 999 of the interface to modules, and this catena has 2; build "
        "it again with the headers of this one" +
            both_signatures("api=2", "api=999"));
#if !defined(__clang__)
  CHECK(refusal_of("other_abi") ==
        "it was compiled for g++'s C++ ABI 1011, and this catena for g++'s C++ ABI 1017; use the "
        "same compiler, without -fabi-version" +
            both_signatures("abi=g++-1017", "abi=g++-1011"));
#endif
}

TEST_CASE("a module that has no entry point, or whose entry point fails, is refused", "[module]") {
  CHECK(refusal_of("no_signature") ==
        "it is a shared library, but no module of catena; put CATENA_MODULE in one of its sources");
  CHECK(refusal_of("no_entry") ==
        "it has no entry point (catena_module_entry); put CATENA_MODULE in one of its sources");
  CHECK(refusal_of("throws") == "its entry point threw: no luck today");
  CHECK(refusal_of("throws_no_exception") ==
        "its entry point threw something that is no std::exception");
  CHECK(refusal_of("no_plugin") == "its entry point adds no plugin");
  CHECK(refusal_of("no_factory") ==
        "its plugin \"idle\" makes no handlers; put it together with catena::describe");
  CHECK(refusal_of("bad_name") ==
        "\"Bad Name\" is no name for a plugin: lower-case letters, digits and underscores, the "
        "first a letter, at most 64");
  CHECK(refusal_of("name_twice") == "its entry point threw: there is a plugin \"idle\" already");
  // Once loaded, it is refused again all the same.
  CHECK(refusal_of("throws") == "its entry point threw: no luck today");
}

TEST_CASE("a module that the dynamic loader refuses is told in its words", "[module]") {
  CHECK(refusal_of("undefined_symbol") == "it can't be loaded: undefined symbol: defined_nowhere");
  CHECK(refusal_of("undefined_function") ==
        "it can't be loaded: undefined symbol: defined_nowhere(char const*, unsigned long)");
  CHECK(
      refusal_of("needs_another") ==
      "it can't be loaded: libbeside_it.so: cannot open shared object file: No such file or "
      "directory; install it where the dynamic loader looks: $ORIGIN leads nowhere from a module");
}

TEST_CASE("a module whose plugin has a name that is taken is refused whole", "[module]") {
  Registry registry;
  Plugin there;
  there.name = "method_filter";
  registry.add(there);
  CHECK(add_module(modules / "libname_taken.so", registry) ==
        "its plugin \"method_filter\" has the name of one that is built in; give it another");
  CHECK(registry.names() == std::vector<std::string>{"method_filter"});

  Registry twice = loaded(modules / "libgood.so");
  CHECK(add_module(modules / "libgood_again.so", twice) ==
        "its plugin \"good\" has the name of one that " + (modules / "libgood.so").string() +
            " brings; give it another");
}

TEST_CASE("what is no module's file is refused", "[module]") {
  const TempDir directory;
  CHECK(refusal(directory / "missing.so") == "there is no such file; build it, or check the path");
  CHECK(refusal(directory.path()) == "it is a directory; name the file in it");
  CHECK(refusal("/dev/zero") == "it is no file; name what the build made, lib<name>.so");
  CHECK(refusal(directory.write("empty.so", "")) == "it is empty; build or copy it again");
  CHECK(refusal(directory.write("text.so", "not an ELF file\n")) ==
        "it is no shared library; name what the build made of the plugin, lib<name>.so");
  const std::string good = read_file(modules / "libgood.so");
  CHECK(refusal(directory.write("cut.so", good.substr(0, good.size() / 2))) ==
        "it is cut off; build or copy it again");
}
