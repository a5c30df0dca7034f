// RFC 3986 sections 2 and 3.3, RFC 9110 sections 4 and 17: which file a target names. Nothing names
// one outside of the root.

#include <filesystem>
#include <string>
#include <vector>

#include "conformance/site.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

struct TargetCase {
  std::string target;
  int status;
  std::string body;  // of a 200
};

void check(Site& site, const std::vector<TargetCase>& cases) {
  for (const TargetCase& c : cases) {
    CAPTURE(c.target);
    const HttpResponse response = site.get(c.target);
    CHECK(response.status == c.status);
    if (c.status == 200) CHECK(response.body == c.body);
  }
}

}  // namespace

TEST_CASE("RFC 3986 2.1: a target is percent-decoded once", "[conformance]") {
  Site site;
  site.files().write("a b.txt", "space");
  site.files().write("100%.txt", "percent");
  site.files().write("%41.txt", "not decoded twice");
  site.files().write("A.txt", "A");
  site.files().write("a+b.txt", "plus");
  check(site, {{"/a%20b.txt", 200, "space"},
               {"/100%25.txt", 200, "percent"},
               {"/%2541.txt", 200, "not decoded twice"},
               {"/%41.txt", 200, "A"},
               {"/a+b.txt", 200, "plus"},
               {"/a%2Bb.txt", 200, "plus"},
               {"/a%2bb.txt", 200, "plus"},
               {"/%70%61%67%65.html", 200, "0123456789"},
               {"/page.html?a=%zz", 200, "0123456789"},
               {"/%", 400, ""},
               {"/%4", 400, ""},
               {"/%zz", 400, ""},
               {"/%u0041.txt", 400, ""},
               {"/%4g.txt", 400, ""},
               {"/page.html%00", 400, ""},
               {"/page.html%00.txt", 400, ""},
               {"/%0d%0aX:%20y", 404, ""}});
}

TEST_CASE("RFC 3986 5.2.4: dot segments are removed, and don't leave the root", "[conformance]") {
  Site site;
  std::filesystem::create_directories(site.files().path() / "dir/deep");
  check(site, {{"/./page.html", 200, "0123456789"},
               {"/dir/../page.html", 200, "0123456789"},
               {"/dir/deep/../../page.html", 200, "0123456789"},
               {"/dir/%2e%2e/page.html", 200, "0123456789"},
               {"/dir/.%2E/page.html", 200, "0123456789"},
               {"/dir/./", 200, "in a directory"},
               {"/dir/deep/..", 200, "in a directory"},
               {"/nothing/../page.html", 200, "0123456789"},
               {"/../page.html", 403, ""},
               {"/dir/../../page.html", 403, ""},
               {"/%2e%2e/etc/passwd", 403, ""},
               {"/..%2f..%2fetc/passwd", 403, ""},
               {"/..%5c..%5cetc/passwd", 403, ""},
               {"/..\\..\\etc/passwd", 403, ""},
               {"/dir/..%2f..%2f..%2fetc/passwd", 403, ""},
               {"/%252e%252e/etc/passwd", 404, ""},
               {"/.../page.html", 404, ""},
               {"/..;/page.html", 404, ""},
               {"/%c0%ae%c0%ae/etc/passwd", 404, ""},
               {"/%ef%bc%8e%ef%bc%8e/etc/passwd", 404, ""}});
}

TEST_CASE("RFC 3986 3.3: empty segments, trailing dots, backslashes and encoded slashes",
          "[conformance]") {
  Site site;
  site.files().write("back\\slash.txt", "a backslash is a character");
  site.files().write("dots...", "dots are characters");
  check(site, {{"//page.html", 200, "0123456789"},
               {"/dir//index.html", 200, "in a directory"},
               {"///", 200, "home"},
               {"/dir%2Findex.html", 200, "in a directory"},
               {"/dir%2findex.html", 200, "in a directory"},
               {"/back%5cslash.txt", 200, "a backslash is a character"},
               {"/back/slash.txt", 404, ""},
               {"/dots...", 200, "dots are characters"},
               {"/dots", 404, ""},
               {"/page.html.", 404, ""},
               {"/page.html/", 404, ""},
               {"/page.html/x", 404, ""},
               {"/PAGE.HTML", 404, ""},
               {"/page.html;v=1", 404, ""}});
}

TEST_CASE("RFC 3986 2.5: a name reaches the file of just those bytes, however it is normalised",
          "[conformance]") {
  Site site;
  site.files().write("\xc3\xa9.txt", "composed");
  site.files().write("e\xcc\x81.txt", "decomposed");
  site.files().write("\xff\xfe.txt", "no UTF-8 at all");
  check(site, {{"/%C3%A9.txt", 200, "composed"},
               {"/e%CC%81.txt", 200, "decomposed"},
               {"/%ff%fe.txt", 200, "no UTF-8 at all"},
               {"/%E9.txt", 404, ""}});
}

TEST_CASE("RFC 9110 17.3: dotfiles are not there, but for .well-known", "[conformance]") {
  Site site;
  site.files().write(".secret", "secret");
  site.files().write("dir/.git/config", "secret");
  site.files().write(".well-known/security.txt", "contact");
  check(site, {{"/.secret", 404, ""},
               {"/%2esecret", 404, ""},
               {"/dir/.git/config", 404, ""},
               {"/.well-known/security.txt", 200, "contact"},
               {"/.well-known/../.secret", 404, ""},
               {"/.well-known-not", 404, ""}});
}

TEST_CASE("RFC 9110 17.3: links out of the root are closed", "[conformance]") {
  const TempDir outside;
  outside.write("secret.txt", "secret");
  Site site;
  namespace fs = std::filesystem;
  fs::create_symlink(outside / "secret.txt", site.files() / "file.txt");
  fs::create_directory_symlink(outside.path(), site.files() / "there");
  fs::create_symlink("../../../../../../etc/passwd", site.files() / "up.txt");
  fs::create_symlink("page.html", site.files() / "inside.txt");
  check(site, {{"/file.txt", 403, ""},
               {"/there/secret.txt", 403, ""},
               {"/up.txt", 403, ""},
               {"/inside.txt", 200, "0123456789"}});
}
