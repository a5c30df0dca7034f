#include "catena/net/memory_stream.hpp"

#include <fcntl.h>

#include <array>
#include <string>
#include <string_view>

#include "catena/http/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using catena::testing::TempDir;
using Then = MemoryStream::Then;

namespace {

std::string read(MemoryStream& stream, std::size_t most = 100) {
  std::string text(most, '\0');
  const IoResult result = stream.read(text, {});
  CHECK(result.status == IoStatus::ok);
  text.resize(result.size);
  return text;
}

IoStatus end_of(MemoryStream& stream) {
  std::array<char, 8> buffer;
  const IoResult result = stream.read(buffer, {});
  CHECK(result.size == 0);
  return result.status;
}

}  // namespace

TEST_CASE("a memory stream gives its pieces one by one", "[memory_stream]") {
  MemoryStream stream({"one", "", "two"});
  CHECK(read(stream, 2) == "on");
  CHECK(read(stream) == "e");
  CHECK(read(stream) == "two");
  CHECK(end_of(stream) == IoStatus::end);
  CHECK(end_of(stream) == IoStatus::end);
}

TEST_CASE("a memory stream ends as it is told to", "[memory_stream]") {
  MemoryStream timeout({}, Then::timeout);
  CHECK(end_of(timeout) == IoStatus::timeout);
  MemoryStream gone({}, Then::gone);
  CHECK(end_of(gone) == IoStatus::gone);
}

TEST_CASE("what has arrived on a memory stream is the piece under way", "[memory_stream]") {
  MemoryStream stream({"one", "two"});
  std::array<char, 8> buffer;
  CHECK(stream.read_arrived(buffer).size == 0);
  CHECK(read(stream, 1) == "o");
  CHECK(stream.read_arrived(buffer).size == 2);
  const IoResult nothing = stream.read_arrived(buffer);
  CHECK(nothing.size == 0);
  CHECK(nothing.status == IoStatus::ok);
  CHECK(read(stream) == "two");
}

TEST_CASE("a memory stream keeps what it is sent, as far as it is to go", "[memory_stream]") {
  const TempDir directory;
  const UniqueFd file(::open(directory.write("file", "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
  Pace pace(std::chrono::seconds(1), 0);
  constexpr std::array<std::string_view, 3> pieces{"ab", "", "cd"};
  SECTION("all of it") {
    MemoryStream stream({});
    CHECK(stream.write(pieces, false, pace).size == 4);
    CHECK(stream.send_file(file.get(), 3, 4, pace).size == 4);
    CHECK(stream.output() == "abcd3456");
    CHECK_FALSE(stream.finished());
    stream.finish_writing();
    CHECK(stream.finished());
  }
  SECTION("until it breaks") {
    MemoryStream stream({});
    stream.break_after(3);
    const IoResult result = stream.write(pieces, false, pace);
    CHECK(result.size == 3);
    CHECK(result.status == IoStatus::gone);
    CHECK(stream.write(pieces, false, pace).size == 0);
    CHECK(stream.output() == "abc");
  }
  SECTION("until it breaks in a file") {
    MemoryStream stream({});
    stream.break_after(6);
    const IoResult result = stream.send_file(file.get(), 0, 10, pace);
    CHECK(result.size == 6);
    CHECK(result.status == IoStatus::gone);
  }
  SECTION("a file that is shorter") {
    MemoryStream stream({});
    const IoResult result = stream.send_file(file.get(), 8, 10, pace);
    CHECK(result.size == 2);
    CHECK(result.status == IoStatus::failed);
  }
}

TEST_CASE("a memory stream is gone when it says so at its end, or takes no more",
          "[memory_stream]") {
  std::array<char, 10> buffer;
  MemoryStream gone({"piece"}, MemoryStream::Then::gone);
  CHECK_FALSE(gone.gone());
  gone.read(buffer, {});
  CHECK(gone.gone());

  MemoryStream ends({});
  CHECK_FALSE(ends.gone());
  ends.break_after(0);
  CHECK(ends.gone());
}
