// Tests of a client and of a service, without ports, without sleeping and without a framework: any will do.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <heddle/testing/manual_clock.hpp>
#include <heddle/testing/memory_channel.hpp>
#include <heddle/testing/run.hpp>
#include <heddle/testing/scripted_server.hpp>

#include "prices.heddle.fake.hpp"
#include "prices.hpp"

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace shop;

void check(bool good, std::string_view what) {
  std::cout << (good ? "ok: " : "FAILED: ") << what << '\n';
  if (!good) std::exit(1);
}

Price cents(std::int64_t value) {
  Price price;
  price.set_cents(value);
  return price;
}

//[fake
// A client, and a fake of the service that it calls.
void the_client_is_patient() {
  asio::io_context context;
  heddle::testing::manual_clock clock(context);
  heddle::testing::faked<prices> service(context, clock);
  auto& get = service.fake().on_get;
  get.fails_once(heddle::status(heddle::status_code::unavailable, "closed"));
  get.fails_once(heddle::status(heddle::status_code::unavailable, "still closed"));
  get.returns(cents(120));

  // Its pauses of 1 s and 2 s pass in no time.
  auto const price = heddle::testing::run(clock, price_of(service.client(), clock, "bread"), 3s);
  check(price == 120, "the third answer counts");
  check(get.calls() == 3 && get.requests()[2].name() == "bread", "three calls were made");
}
//]

//[memory
// The service, and a client that is generated code.
void the_service_tells_its_prices() {
  asio::io_context context;
  heddle::testing::manual_clock clock(context);
  heddle::testing::memory_channel memory(context, clock);
  auto const service = std::make_shared<price_service>(clock);
  service->cents["bread"] = 120;
  memory.server().add(service);
  prices::client client(memory.channel());

  auto const shopping = [&]() -> asio::awaitable<void> {
    Item item;
    item.set_name("bread");
    Price const price = co_await client.get(item);
    check(price.cents() == 120, "bread has a price");
    item.set_name("time");
    auto const none = co_await client.get(item, heddle::as_result);
    check(none.has_error() && none.error().code() == heddle::status_code::not_found, "time has none");
  };
  heddle::testing::run(clock, shopping());
}
//]

//[clock
// What takes an hour, in no time.
void the_service_tells_them_every_minute() {
  asio::io_context context;
  heddle::testing::manual_clock clock(context);
  heddle::testing::memory_channel memory(context, clock);
  auto const service = std::make_shared<price_service>(clock);
  memory.server().add(service);

  auto const watching = [&]() -> asio::awaitable<void> {
    Item item;
    item.set_name("gold");
    auto watch = prices::client(memory.channel()).watch(item);
    for (int minute = 0; minute <= 60; ++minute) {
      service->cents["gold"] = minute;  // for the next one
      Price price;
      if (!co_await watch.read(price)) check(false, "the stream goes on");
    }
  };
  heddle::testing::run(clock, watching(), 1h);
  check(service->cents["gold"] == 60, "an hour of prices");
}
//]

//[script
// A client whose server dies in the middle of an answer, then refuses, then is as it should be.
void the_client_survives() {
  asio::io_context context;
  heddle::testing::manual_clock clock(context);
  heddle::testing::scripted_server server(context);
  heddle::channel channel(context, "ipv4:192.0.2.1:50051",  // an address that nothing connects to
                          heddle::channel_options().use_clock(clock).use_connector(server.connector()));

  auto const script = [&]() -> asio::awaitable<void> {
    auto lost = co_await server.next_call();
    lost.send_headers();
    lost.send_data(heddle::testing::frames::message_of(cents(1)).substr(0, 6));  // the rest never comes
    server.connection().close();

    auto refused = co_await server.next_call();
    refused.reset(heddle::http2::error_code::refused_stream);  // the library itself tries that once more
    auto again = co_await server.next_call();
    check(again.path() == "/shop.Prices/Get", "the call comes again");
    again.answer(cents(120));
  };
  auto const price = heddle::testing::run(clock, price_of(prices::client(channel), clock, "bread") && script(), 10s);
  check(price == 120, "the answer came in the end");
}
//]

int main() {
  the_client_is_patient();
  the_service_tells_its_prices();
  the_service_tells_them_every_minute();
  the_client_survives();
}
