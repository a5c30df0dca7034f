// The race that no test of the cache can bring about at will: a name comes while it is looked for.

#include "catena/fs/absent_names.hpp"

#include "support/catch.hpp"

using catena::AbsentNames;

TEST_CASE("what is not there is remembered by suffix", "[absent_names]") {
  AbsentNames names;
  names.learn(0, names.known());
  names.learn(7, names.known());
  CHECK(names.known().has(0));
  CHECK_FALSE(names.known().has(1));
  CHECK(names.known().has(7));
}

TEST_CASE("what was looked for before all was forgotten is not remembered", "[absent_names]") {
  AbsentNames names;
  names.learn(0, names.known());
  const AbsentNames::Known before = names.known();
  names.forget();
  CHECK(before.has(0));
  CHECK_FALSE(names.known().has(0));
  names.learn(1, before);
  CHECK_FALSE(names.known().has(1));
  names.learn(1, names.known());
  CHECK(names.known().has(1));
  CHECK_FALSE(names.known().has(0));
}

TEST_CASE("what others learn meanwhile is kept", "[absent_names]") {
  AbsentNames names;
  const AbsentNames::Known before = names.known();
  names.learn(0, names.known());
  names.learn(1, before);
  CHECK(names.known().has(0));
  CHECK(names.known().has(1));
}
