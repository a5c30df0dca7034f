#include "catena/pipeline/values.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct User {
  std::string name;
};

class Passing : public Handler {
 public:
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
};

/// Writes its end down.
struct Mortal {
  explicit Mortal(int its_number, std::vector<int>& its_ends)
      : number(its_number), ends(&its_ends) {}
  Mortal(Mortal&& other) noexcept
      : number(other.number), ends(std::exchange(other.ends, nullptr)) {}
  Mortal& operator=(Mortal&& other) noexcept {
    std::swap(number, other.number);
    std::swap(ends, other.ends);
    return *this;
  }
  ~Mortal() {
    if (ends != nullptr) ends->push_back(number);
  }
  int number;
  std::vector<int>* ends;
};

template <int number>
struct Numbered : Mortal {
  using Mortal::Mortal;
};

}  // namespace

TEST_CASE("a value is found by its type, and the last one counts", "[pipeline]") {
  ExchangeValues values;
  CHECK(values.find<User>() == nullptr);
  values.set(User{"ada"});
  values.set(7);
  values.find<User>()->name += " l.";
  CHECK(values.find<User>()->name == "ada l.");
  values.set(User{"grace"});
  CHECK(values.find<User>()->name == "grace");
  CHECK(*values.find<int>() == 7);
  CHECK(values.find<long>() == nullptr);
  values.clear();
  CHECK(values.find<User>() == nullptr);
}

TEST_CASE("an owner's value is nobody else's", "[pipeline]") {
  const Passing one;
  const Passing two;
  ExchangeValues values;
  values.set(1, &one);
  values.set(2, &two);
  CHECK(values.find<int>() == nullptr);
  CHECK(*values.find<int>(&one) == 1);
  CHECK(*values.find<int>(&two) == 2);
}

TEST_CASE("values end with the exchange, the last one first", "[pipeline]") {
  std::vector<int> ends;
  {
    ExchangeValues values;
    values.set(Numbered<1>(1, ends));
    values.set(Numbered<2>(2, ends));
    values.clear();
    CHECK(ends == std::vector<int>{2, 1});
    values.set(Numbered<3>(3, ends));
  }
  CHECK(ends == std::vector<int>{2, 1, 3});
}

TEST_CASE("values of any size and alignment are kept", "[pipeline]") {
  struct alignas(64) Wide {
    std::array<char, 1000> bytes;
  };
  ExchangeValues values;
  values.set('c');
  Wide& wide = values.set(Wide{});
  CHECK(reinterpret_cast<std::uintptr_t>(&wide) % 64 == 0);
  wide.bytes.back() = 'x';
  values.set(std::make_unique<int>(5));
  CHECK(values.find<Wide>()->bytes.back() == 'x');
  CHECK(**values.find<std::unique_ptr<int>>() == 5);
}

TEST_CASE("handlers share values within an exchange, and never across two", "[pipeline]") {
  TestChain chain;
  chain.add([](Exchange& exchange, Next& next) {
    if (exchange.path() == "/ada") exchange.values.set(User{"ada"});
    next(exchange);
  });
  chain.add([](Exchange& exchange, Next&) {
    const User* user = exchange.values.find<User>();
    answer(exchange, user != nullptr ? user->name : "nobody");
  });
  const auto responses = chain.exchange(
      "GET /ada HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  REQUIRE(responses.size() == 2);
  CHECK(responses[0].body == "ada");
  CHECK(responses[1].body == "nobody");
}
