#include <catena/testing/test_chain.hpp>
#include <iostream>

int main() {
  catena::testing::TestChain chain;
  chain.add([](catena::Exchange& exchange, catena::Next&) {
    exchange.response.set_status(catena::Status::ok);
    exchange.response.body.append("from an installed catena\n");
  });
  const auto response = chain.get("/");
  std::cout << response.status << ' ' << response.body;
}
