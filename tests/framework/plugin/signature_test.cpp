#include "catena/plugin/signature.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace catena;

namespace {

constexpr std::string_view here =
    "api=1 catena=0.1.0 abi=g++-1017 library=libstdc++ strings=new containers=plain sanitizer=none";

Signature signature(std::string_view text) {
  const auto parsed = Signature::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

/// `here` with one part changed.
std::string with(std::string_view from, std::string_view to) {
  std::string text(here);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// "" when it fits.
std::string misfit(const std::string& module, const std::string& catena = std::string(here)) {
  return signature(module).misfit(signature(catena)).value_or("");
}

}  // namespace

TEST_CASE("a signature is read and written as text", "[signature]") {
  CHECK(signature(here).text() == here);
  CHECK(signature("a= b=c").text() == "a= b=c");
  for (const std::string& none :
       {std::string(), std::string("words"), std::string("=value"), std::string("a=b\nc=d"),
        std::string("a=b "), std::string("a=\xc3\xa4"), std::string("a=b  c=d"),
        "a=" + std::string(1000, 'x')}) {
    CAPTURE(none);
    CHECK(Signature::parse(none).has_value() == (none == "a=b "));
  }
}

TEST_CASE("what is compiled here fits what runs here", "[signature]") {
  CHECK(signature(CATENA_SIGNATURE).misfit(Signature::own()) == std::nullopt);
  CHECK(misfit(std::string(here)).empty());
}

TEST_CASE("what does not fit is told by the first difference", "[signature]") {
  CHECK(misfit(with("api=1", "api=2")) ==
        "it was built for version 2 of the interface to modules, and this catena has 1; build it "
        "again with the headers of this one");
  CHECK(misfit(with("catena=0.1.0", "catena=0.2.0")) ==
        "it was built with the headers of catena 0.2.0, and this is catena 0.1.0; build it again "
        "with the headers of this one");
  CHECK(misfit(with("abi=g++-1017", "abi=g++-1011")) ==
        "it was compiled for g++'s C++ ABI 1011, and this catena for g++'s C++ ABI 1017; use the "
        "same compiler, without -fabi-version");
  CHECK(misfit(with("library=libstdc++", "library=libc++-1")) ==
        "it was compiled with the standard library libc++-1, and this catena with libstdc++; use "
        "the same (-stdlib)");
  CHECK(misfit(with("strings=new", "strings=old")) ==
        "it was compiled with the old std::string, and this catena with the new one; compile it "
        "with -D_GLIBCXX_USE_CXX11_ABI=1");
  CHECK(misfit(with("containers=plain", "containers=debug")) ==
        "it was compiled with the standard library's debug containers, and this catena with plain "
        "ones; compile it without -D_GLIBCXX_DEBUG");
  CHECK(misfit(std::string(here), with("containers=plain", "containers=debug")) ==
        "it was compiled with the standard library's plain containers, and this catena with debug "
        "ones; compile it with -D_GLIBCXX_DEBUG");
  CHECK(misfit(with("sanitizer=none", "sanitizer=address")) ==
        "it was compiled with -fsanitize=address, and this catena runs without a sanitizer; leave "
        "it to the tests");
  CHECK(misfit(with("sanitizer=none", "sanitizer=thread"),
               with("sanitizer=none", "sanitizer=address")) ==
        "it was compiled with -fsanitize=thread, and this catena runs under -fsanitize=address; "
        "leave it to the tests");
  CHECK(misfit(std::string(here), with("sanitizer=none", "sanitizer=memory")) ==
        "it was compiled without -fsanitize=memory, which this catena runs under");
  CHECK(misfit(with(" strings=new", "")) ==
        "its signature says nothing of \"strings\"; build it again");
  CHECK(misfit(std::string(here) + " moon=full") ==
        "its signature has \"moon\", which this catena doesn't know; build it again");
  // Of several, the first.
  CHECK(misfit("catena=0.2.0 api=2").find("version 2 of the interface") != std::string::npos);
}

TEST_CASE("what breaks nothing is no difference", "[signature]") {
  CHECK(misfit(with("catena=0.1.0", "catena=0.1.7")).empty());
  CHECK(misfit(std::string(here), with("sanitizer=none", "sanitizer=address")).empty());
  CHECK(misfit(std::string(here), with("sanitizer=none", "sanitizer=thread")).empty());
  CHECK(misfit("sanitizer=none containers=plain strings=new library=libstdc++ abi=g++-1017 "
               "catena=0.1.0 api=1")
            .empty());
}

TEST_CASE("clang fits the ABI of g++ 12 and later", "[signature]") {
  const std::string clang = with("abi=g++-1017", "abi=clang");
  CHECK(misfit(clang).empty());
  CHECK(misfit(std::string(here), clang).empty());
  CHECK(misfit(clang, clang).empty());
  CHECK(misfit(clang, with("abi=g++-1017", "abi=g++-1018")).empty());
  CHECK(misfit(clang, with("abi=g++-1017", "abi=g++-1016")) ==
        "it was compiled for clang, and this catena for g++'s C++ ABI 1016; use the same compiler, "
        "without -fabi-version");
}
