#include <every_header.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "lab.heddle.fake.hpp"

std::string_view second_unit_version();
void add_service(heddle::server& server);
boost::asio::awaitable<std::string> say(heddle::channel& channel, std::string words);

namespace {

class loud_echo final : public lab::echo::service {
  heddle::reply<lab::Text> unary(heddle::server_context&, lab::Text& request) override {
    request.set_text(request.text() + "!");
    co_return request;
  }
};

}  // namespace

std::string_view second_unit_version() { return HEDDLE_VERSION_STRING; }

void add_service(heddle::server& server) { server.add(std::make_shared<loud_echo>()); }

boost::asio::awaitable<std::string> say(heddle::channel& channel, std::string words) {
  lab::echo::client client(channel);
  lab::Text request;
  request.set_text(words);
  lab::Text const answer = co_await client.unary(request);
  co_return answer.text();
}
