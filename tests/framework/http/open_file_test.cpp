#include "catena/http/open_file.hpp"

#include <fcntl.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct Users : FileKeeper {
  void release() noexcept override { --count; }
  int count = 1;
};

std::string read(const OpenFile& file, std::uint64_t offset) {
  std::array<char, 4> bytes;
  const ssize_t size = file.read(bytes, offset);
  REQUIRE(size >= 0);
  return {bytes.data(), static_cast<std::size_t>(size)};
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("an open file owns its descriptor", "[http][open_file]") {
  const TempDir directory;
  UniqueFd fd(::open(directory.write("file", "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
  const int number = fd.get();
  {
    OpenFile first(std::move(fd));
    CHECK_FALSE(fd);
    OpenFile file(std::move(first));
    CHECK_FALSE(first);
    CHECK(file);
    CHECK_FALSE(file.in_memory());
    CHECK(file.fd() == number);
    CHECK(read(file, 0) == "0123");
    CHECK(read(file, 8) == "89");
    CHECK(read(file, 10).empty());
    first = std::move(file);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("an open file may be one use of many", "[http][open_file]") {
  const TempDir directory;
  const UniqueFd fd(::open(directory.write("file", "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
  Users users;
  {
    OpenFile file(users, fd.get());
    CHECK(read(file, 7) == "789");
    OpenFile moved;
    moved = std::move(file);
    CHECK(users.count == 1);
    moved = OpenFile();
    CHECK(users.count == 0);
  }
  CHECK(users.count == 0);
  CHECK(is_open(fd.get()));
}

TEST_CASE("an open file may be in memory", "[http][open_file]") {
  Users users;
  {
    const OpenFile file(users, std::string_view("0123456789"));
    CHECK(file);
    CHECK(file.in_memory());
    CHECK(file.fd() == -1);
    CHECK(file.bytes() == "0123456789");
    CHECK(read(file, 0) == "0123");
    CHECK(read(file, 8) == "89");
    CHECK(read(file, 11).empty());
  }
  CHECK(users.count == 0);
  Users empty;
  CHECK(OpenFile(empty, std::string_view("")));
  CHECK(empty.count == 0);
}
