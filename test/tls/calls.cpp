// Whole calls between our client and our server over TLS, on memory streams.
#include "support/tls_world.hpp"

namespace heddle::test {

TEST_CASE("all kinds of calls go over TLS") {
  tls_world w;
  echo_everything(w.service);
  w.run([&]() -> asio::awaitable<void> {
    Text const answer = co_await w.client().unary(text("over TLS", 7));
    CHECK(answer.text() == "over TLS");
    CHECK(answer.number() == 7);
  });
}

}  // namespace heddle::test
