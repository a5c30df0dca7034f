#include "catena/http/name_set.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using catena::NameSet;

TEST_CASE("a set of names has what was put in, whatever the case of its letters", "[name_set]") {
  NameSet set;
  CHECK_FALSE(set.may_have("Host"));
  CHECK_FALSE(set.may_have(""));
  for (const std::string_view name : {"Host", "x", "sec-ch-ua", "ETag", ""}) set.add(name);
  for (const std::string_view name : {"Host", "hOST", "X", "Sec-CH-UA", "etag", ""}) {
    CHECK(set.may_have(name));
  }
  set.clear();
  CHECK_FALSE(set.may_have("Host"));
}

TEST_CASE("sets of names are joined and compared", "[name_set]") {
  constexpr NameSet writers{"Date", "Server", "Connection"};
  NameSet set{"ETag"};
  CHECK_FALSE(set.may_have_any(writers));
  CHECK_FALSE(set.may_have_any({}));
  set.add(NameSet{"Vary", "SERVER"});
  CHECK(set.may_have_any(writers));
  CHECK(set.may_have("vary"));
}

TEST_CASE("the fields that clients and files usually have are told apart", "[name_set]") {
  // What is asked for in every request, and what is there in most.
  constexpr NameSet asked{
      "If-Match", "If-None-Match",     "If-Modified-Since", "If-Unmodified-Since",
      "Range",    "Transfer-Encoding", "Content-Length",    "Expect"};
  for (const std::string_view name :
       {"Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Connection",
        "Cookie", "Referer", "Cache-Control", "Sec-Fetch-Mode", "Upgrade-Insecure-Requests"}) {
    INFO(name);
    CHECK_FALSE(asked.may_have(name));
  }
  constexpr NameSet writers{"Date",       "Server",     "Trailer",        "Upgrade",
                            "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding"};
  for (const std::string_view name :
       {"ETag", "Last-Modified", "Accept-Ranges", "Content-Type", "Vary", "Content-Encoding",
        "Content-Range", "Cache-Control", "Location", "Allow"}) {
    INFO(name);
    CHECK_FALSE(writers.may_have(name));
  }
}
