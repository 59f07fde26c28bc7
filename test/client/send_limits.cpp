// Messages that gRPC's five bytes have no number for: no option lets them through, for their size would be cut.
#include <limits>

#include <heddle/client/call_options.hpp>
#include <heddle/client/channel_options.hpp>
#include <heddle/server/options.hpp>

#include "support/catch.hpp"

using namespace heddle;

TEST_CASE("no limit for messages to send is above what a prefix can say") {
  std::size_t const most = 0xffff'ffff, all = std::numeric_limits<std::size_t>::max();
  for (std::size_t const size : {std::size_t{0}, std::size_t{5}, most}) {
    CHECK(channel_options().max_send_message_size(size).max_send_message_size() == size);
    CHECK(call_options().max_send_message_size(size).max_send_message_size() == size);
    CHECK(server_options().max_send_message_size(size).max_send_message_size() == size);
  }
  CHECK(channel_options().max_send_message_size(all).max_send_message_size() == most);
  CHECK(call_options().max_send_message_size(all).max_send_message_size() == most);
  CHECK(server_options().max_send_message_size(all).max_send_message_size() == most);
}
