#include <algorithm>
#include <catena/http/mime.hpp>
#include <cctype>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using catena::is_media_type;
using catena::media_type_of;

constexpr std::string_view kUnknown = "application/octet-stream";

struct Case {
  std::string_view file_name;
  std::string_view media_type;
};

constexpr Case kEverydayFiles[] = {
    {"index.html", "text/html; charset=utf-8"},
    {"index.htm", "text/html; charset=utf-8"},
    {"site.css", "text/css; charset=utf-8"},
    {"app.js", "text/javascript; charset=utf-8"},
    {"app.mjs", "text/javascript; charset=utf-8"},
    {"app.js.map", "application/json"},
    {"data.json", "application/json"},
    {"site.webmanifest", "application/manifest+json"},
    {"feed.xml", "application/xml"},
    {"feed.atom", "application/atom+xml"},
    {"page.xhtml", "application/xhtml+xml"},
    {"app.wasm", "application/wasm"},
    {"notes.txt", "text/plain; charset=utf-8"},
    {"README.md", "text/markdown; charset=utf-8"},
    {"table.csv", "text/csv; charset=utf-8"},
    {"titles.vtt", "text/vtt; charset=utf-8"},
    {"logo.svg", "image/svg+xml"},
    {"favicon.ico", "image/vnd.microsoft.icon"},
    {"photo.jpg", "image/jpeg"},
    {"photo.jpeg", "image/jpeg"},
    {"photo.png", "image/png"},
    {"photo.gif", "image/gif"},
    {"photo.webp", "image/webp"},
    {"photo.avif", "image/avif"},
    {"text.woff", "font/woff"},
    {"text.woff2", "font/woff2"},
    {"text.ttf", "font/ttf"},
    {"text.otf", "font/otf"},
    {"film.mp4", "video/mp4"},
    {"film.webm", "video/webm"},
    {"film.3gpp", "video/3gpp"},
    {"segment.ts", "video/mp2t"},
    {"song.mp3", "audio/mpeg"},
    {"song.ogg", "audio/ogg"},
    {"song.wav", "audio/wav"},
    {"song.m4a", "audio/mp4"},
    {"paper.pdf", "application/pdf"},
    {"paper.rtf", "application/rtf"},
    {"all.zip", "application/zip"},
    {"all.gz", "application/gzip"},
    {"setup.exe", "application/octet-stream"},
};

// Every string of one to three letters and digits, as an extension.
template <typename Visitor>
void for_each_short_extension(Visitor visit) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (const char a : kAlphabet) {
    visit(std::string{'x', '.', a});
    for (const char b : kAlphabet) {
      visit(std::string{'x', '.', a, b});
      for (const char c : kAlphabet) visit(std::string{'x', '.', a, b, c});
    }
  }
}

}  // namespace

TEST_CASE("everyday files have the media types people expect", "[http][mime]") {
  for (const Case& c : kEverydayFiles) {
    CAPTURE(std::string(c.file_name));
    CHECK(media_type_of(c.file_name) == c.media_type);
  }
}

TEST_CASE("the case of an extension does not matter", "[http][mime]") {
  for (const Case& c : kEverydayFiles) {
    std::string name(c.file_name);
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
      return static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    });
    CAPTURE(name);
    CHECK(media_type_of(name) == c.media_type);
  }
  CHECK(media_type_of("Photo.JpEg") == "image/jpeg");
}

TEST_CASE("the last dot of the last segment begins the extension", "[http][mime]") {
  CHECK(media_type_of("site.tar.gz") == "application/gzip");
  CHECK(media_type_of("jquery.min.js") == "text/javascript; charset=utf-8");
  CHECK(media_type_of("a..css") == "text/css; charset=utf-8");
  CHECK(media_type_of("index.html.orig~") == kUnknown);
  CHECK(media_type_of("/css/v1.2/site.css") == "text/css; charset=utf-8");
  CHECK(media_type_of("../site.css") == "text/css; charset=utf-8");
  CHECK(media_type_of("a.html/b") == kUnknown);
  CHECK(media_type_of("a.html/b.png") == "image/png");
  CHECK(media_type_of("a.html/") == kUnknown);
}

TEST_CASE("without an extension the type is unknown", "[http][mime]") {
  for (const std::string_view name : {""sv, "."sv, ".."sv, "/"sv, "html"sv, "Makefile"sv, "a."sv,
                                      "html."sv, "a.html."sv, "./html"sv}) {
    CAPTURE(std::string(name));
    CHECK(media_type_of(name) == kUnknown);
  }
}

TEST_CASE("a leading dot begins no extension", "[http][mime]") {
  CHECK(media_type_of(".html") == kUnknown);
  CHECK(media_type_of("docs/.html") == kUnknown);
  CHECK(media_type_of("a.css/.html") == kUnknown);
  CHECK(media_type_of(".hidden.html") == "text/html; charset=utf-8");
}

TEST_CASE("unlisted extensions are unknown, whatever their bytes", "[http][mime]") {
  CHECK(media_type_of("a.no-such-extension") == kUnknown);
  CHECK(media_type_of("a.html5page") == kUnknown);
  CHECK(media_type_of("a.htmk") == kUnknown);
  CHECK(media_type_of("a.html ") == kUnknown);
  CHECK(media_type_of("a.html\0"sv) == kUnknown);
  CHECK(media_type_of("a.\0html"sv) == kUnknown);
  CHECK(media_type_of("a.ht\xc3\xa4ml") == kUnknown);
  CHECK(media_type_of("a.\xff") == kUnknown);
  CHECK(media_type_of("a." + std::string(100000, 'h')) == kUnknown);
}

TEST_CASE("text and scripts say utf-8, XML and JSON do not", "[http][mime]") {
  CHECK(media_type_of("a.ecma") == "application/ecmascript; charset=utf-8");

  for_each_short_extension([](const std::string& name) {
    const std::string_view type = media_type_of(name);
    const std::string_view essence = type.substr(0, type.find(';'));
    const bool text = essence.substr(0, 5) == "text/" || essence == "application/ecmascript";
    const std::string expected = std::string(essence) + (text ? "; charset=utf-8" : "");
    if (type != expected) {
      CAPTURE(name);
      CHECK(type == expected);
    }
  });
  for (const char* name : {"a.xml", "a.svg", "a.xhtml", "a.rss", "a.xsl", "a.mpd", "a.json",
                           "a.jsonld", "a.geojson", "a.webmanifest", "a.map"}) {
    CAPTURE(name);
    CHECK(media_type_of(name).find("charset") == std::string_view::npos);
  }
}

TEST_CASE("extensions at the ends of the table and beside one another are found", "[http][mime]") {
  for (const Case& c : std::initializer_list<Case>{
           {"a.123", "application/vnd.lotus-1-2-3"},  // the first row, then the last
           {"a.zmm", "application/vnd.handheld-entertainment+xml"},
           {"a.122", kUnknown},  // what would stand before the first, then behind the last
           {"a.zzz", kUnknown},
           {"a.c", "text/x-c; charset=utf-8"},  // one is the beginning of the other
           {"a.cc", "text/x-c; charset=utf-8"},
           {"a.mp4", "video/mp4"},
           {"a.mp4a", "audio/mp4"},
           {"a.mp4s", "application/mp4"},
           {"a.x_t", "model/vnd.parasolid.transmit.text"},  // not only letters and digits
           {"a.n-gage", "application/vnd.nokia.n-gage.symbian.install"},
           {"a.vbox-extpack", "application/x-virtualbox-vbox-extpack"},
           {"a.disposition-notification", "message/disposition-notification"},  // the longest
       }) {
    CAPTURE(std::string(c.file_name));
    CHECK(media_type_of(c.file_name) == c.media_type);
  }
}

TEST_CASE("a media type is constant data and valid syntax", "[http][mime]") {
  std::string name = "a.html";
  const std::string_view type = media_type_of(name);
  CHECK(type.data() == media_type_of("b.html").data());
  name = "gone";
  CHECK(type == "text/html; charset=utf-8");

  int listed = 0;
  for_each_short_extension([&listed](const std::string& file_name) {
    const std::string_view found = media_type_of(file_name);
    if (found != kUnknown) ++listed;
    if (!is_media_type(found)) {
      CAPTURE(file_name);
      CHECK(is_media_type(found));
    }
  });
  CHECK(listed > 800);
}

TEST_CASE("is_media_type takes what RFC 9110 section 8.3.1 allows", "[http][mime]") {
  for (const std::string_view text : {
           "text/html"sv,
           "TEXT/HTML"sv,
           "application/vnd.api+json"sv,
           "!#$%&'*+-.^_`|~09azAZ/!#$%&'*+-.^_`|~09azAZ"sv,
           "*/*"sv,  // tokens, though only a media range makes sense of them
           "text/html;charset=utf-8"sv,
           "text/html; charset=utf-8"sv,
           "text/html \t;\t charset=utf-8"sv,
           "text/html; charset=\"utf-8\""sv,
           "text/html; Charset=\"utf-8\"; level=1"sv,
           "text/html;a=1;a=2"sv,
           "multipart/form-data; boundary=\"a b;c=\\\"d\\\\\""sv,
           "a/b;c=\"\""sv,
           "a/b;c=\"\t \xc3\xa4\""sv,
           "a/b;c=\"\\\t\\\xc3\""sv,
           "text/html;"sv,
           "text/html; \t"sv,
           "text/html;; ;charset=utf-8;"sv,
       }) {
    CAPTURE(std::string(text));
    CHECK(is_media_type(text));
  }
}

TEST_CASE("is_media_type refuses everything else", "[http][mime]") {
  for (const std::string_view text : {
           ""sv,
           "text"sv,
           "/"sv,
           "text/"sv,
           "/html"sv,
           "text//html"sv,
           "text/html/5"sv,
           " text/html"sv,
           "text/html "sv,
           "text /html"sv,
           "text/ html"sv,
           "text/html, text/plain"sv,
           "text/html charset=utf-8"sv,
           ";charset=utf-8"sv,
           "text/html;charset"sv,
           "text/html;charset="sv,
           "text/html;=utf-8"sv,
           "text/html;charset =utf-8"sv,
           "text/html;charset= utf-8"sv,
           "text/html;charset=utf-8 "sv,
           "text/html;charset=utf 8"sv,
           "text/html;charset=utf-8 level=1"sv,
           "text/html;charset=a\"b\""sv,
           "text/html;charset=\"utf-8\"x"sv,
           "text/html;charset=\"utf-8"sv,
           "text/html;charset=\""sv,
           "text/html;charset=\"utf-8\\"sv,
           "text/html;charset=\"utf-8\\\""sv,
           "text/html;charset=\"utf-8\\\r\""sv,
           "text/html;charset=\"a\x7f\""sv,
           "text/html;charset=\"a\r\nb\""sv,
           "text/html\r\n"sv,
           "text/html;\r\n charset=utf-8"sv,
           "text/html\0"sv,
           "te\0xt/html"sv,
           "text/html;charset=\"\0\""sv,
           "t\xc3\xa4xt/html"sv,
           "text/html;charset=\xc3\xa4"sv,
       }) {
    CAPTURE(std::string(text));
    CHECK_FALSE(is_media_type(text));
  }
}
