#include "catena/config/diagnostics.hpp"

#include "support/catch.hpp"

using catena::config::Diagnostic;
using catena::config::Diagnostics;

TEST_CASE("a diagnostic is one line, without what is unknown") {
  CHECK(Diagnostic{"site.json", {14, 22}, "/chain/2/allow/1", "expected a string, got a number"}
            .text() == "site.json:14:22: /chain/2/allow/1: expected a string, got a number");
  CHECK(Diagnostic{"site.json", {3, 5}, "", "syntax error"}.text() ==
        "site.json:3:5: syntax error");
  CHECK(Diagnostic{"site.json", {3, 0}, "", "syntax error"}.text() == "site.json:3: syntax error");
  CHECK(Diagnostic{"site.json", {}, "", "there is no such file"}.text() ==
        "site.json: there is no such file");
  CHECK(Diagnostic{"--root", {}, "", "is no directory"}.text() == "--root: is no directory");
  CHECK(Diagnostic{"", {2, 1}, "/a", "m"}.text() == "line 2:1: /a: m");
  CHECK(Diagnostic{"", {}, "", "m"}.text() == "m");
  CHECK(Diagnostic{"a\nb", {}, "/\x1b[31m", "x\ty"}.text() == "a\\u000ab: /\\u001b[31m: x\\u0009y");
}

TEST_CASE("diagnostics are sorted by file as added, then by position") {
  Diagnostics diagnostics;
  CHECK(diagnostics.empty());
  diagnostics.add({"b", {2, 1}, "", "first"});
  diagnostics.add({"a", {1, 1}, "", "other file"});
  diagnostics.add({"b", {1, 9}, "", "second"});
  diagnostics.add({"b", {2, 1}, "", "third"});
  diagnostics.add({"b", {}, "", "no place"});
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& diagnostic : diagnostics.all()) order += diagnostic.message + ",";
  CHECK(order == "no place,second,first,third,other file,");
  CHECK(diagnostics.size() == 5);
}

TEST_CASE("diagnostics of expected files come in that order, and equals are told once") {
  Diagnostics diagnostics;
  diagnostics.expect_file("site");
  diagnostics.expect_file("part");
  diagnostics.add({"part", {1, 1}, "", "in the part"});
  diagnostics.add({"site", {2, 1}, "", "twice"});
  diagnostics.add({"site", {2, 1}, "", "between"});
  diagnostics.add({"site", {2, 1}, "", "twice"});
  diagnostics.add({"site", {3, 1}, "", "twice"});
  CHECK(diagnostics.size() == 5);
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& diagnostic : diagnostics.all()) order += diagnostic.message + ",";
  CHECK(order == "twice,between,twice,in the part,");
}
