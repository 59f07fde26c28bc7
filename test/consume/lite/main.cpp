// Messages of the lite runtime alone: calls, fakes, descriptors and reflection work.
#include <cstdlib>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/services/reflection_lite.hpp>
#include <heddle/testing/memory_channel.hpp>

#include "lite.heddle.fake.hpp"

namespace asio = boost::asio;

asio::awaitable<void> count(heddle::testing::faked<lite::counter>& counter, asio::io_context& context, bool& counted) {
  lite::Number number;
  number.set_value(2);
  lite::Number const sum = co_await counter.client().add(number);
  counted = sum.value() == 40;
  context.stop();
}

int main() {
  asio::io_context context;
  heddle::testing::faked<lite::counter> counter(context);
  lite::Number answer;
  answer.set_value(40);
  counter.fake().on_add.returns(answer);
  heddle::server reflecting(context);
  heddle::enable_reflection_lite(reflecting);
  bool counted = false;
  asio::co_spawn(context, count(counter, context, counted), asio::detached);
  context.run();
  for (auto const& file : counter.fake().heddle_files_()) std::cout << file.name << ' ' << file.bytes.size() << '\n';
  bool const described = lite::counter::descriptors().size() == 2;
  return counted && described && counter.fake().on_add.requests().at(0).value() == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
