#include "catena/serve/descriptors.hpp"

#include <cstdint>

#include "support/catch.hpp"

using namespace catena;

namespace {

Settings wanting(std::size_t connections, std::size_t entries) {
  Settings settings;
  settings.limits.connections = connections;
  settings.open_files.entries = entries;
  return settings;
}

}  // namespace

TEST_CASE("connections and files that are kept open share the descriptors", "[descriptors]") {
  for (const std::size_t there_are : {40U, 128U, 256U, 1024U, 20'000U, 65'536U, 1'048'576U}) {
    for (const std::size_t entries : {0U, 100U, 16'384U}) {
      CAPTURE(there_are, entries);
      const DescriptorShares shares = share_descriptors(wanting(10'000, entries), there_are);
      CHECK(shares.connections >= 16);
      CHECK(shares.connections <= 10'000);
      CHECK(shares.files <= entries);
      CHECK(shares.files <= there_are / 8);
      if (there_are >= 256) {
        CHECK(shares.connections + shares.files + there_are / 8 + 64 <= there_are);
      }
    }
  }
}

TEST_CASE("where there are many, nobody gets less than is wanted", "[descriptors]") {
  const DescriptorShares shares = share_descriptors(wanting(10'000, 16'384), SIZE_MAX);
  CHECK(shares.connections == 10'000);
  CHECK(shares.files == 16'384);
  const DescriptorShares few = share_descriptors(wanting(10'000, 16'384), 1024);
  CHECK(few.connections == 704);
  CHECK(few.files == 128);
}
