// The code under test: a client that is patient, and a service. Both take their time from a clock that they are given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "prices.heddle.hpp"

namespace shop {

namespace asio = boost::asio;
using namespace std::chrono_literals;

//[client
/// Asks up to four times, with pauses of 1, 2 and 4 seconds, while the service is not to be reached.
inline asio::awaitable<std::int64_t> price_of(prices::client service, heddle::clock& time, std::string name) {
  Item item;
  item.set_name(name);
  auto const options = heddle::call_options().timeout(2s);
  for (auto pause = 1s;; pause *= 2) {
    heddle::result<Price> const price = co_await service.get(item, options, heddle::as_result);
    if (price) co_return price->cents();
    if (price.error().code() != heddle::status_code::unavailable || pause > 4s) throw heddle::rpc_error(price.error());
    co_await time.sleep_for(pause);
  }
}
//]

class price_service final : public prices::service {
 public:
  explicit price_service(heddle::clock& time) : time_(time) {}
  std::map<std::string, std::int64_t> cents;

 private:
  heddle::reply<Price> get(heddle::server_context&, Item& item) override {
    auto const found = cents.find(item.name());
    if (found == cents.end()) co_return heddle::status(heddle::status_code::not_found, "no " + item.name() + " here");
    Price price;
    price.set_cents(found->second);
    co_return price;
  }
  heddle::reply<void> watch(heddle::server_context&, Item& item, heddle::writer<Price>& out) override {
    for (Price price;;) {
      price.set_cents(cents[item.name()]);
      co_await out.write(price);
      co_await time_.sleep_for(1min);
    }
  }

  heddle::clock& time_;
};

}  // namespace shop
