// What docs/services.md shows, run.
#include <heddle/services/channelz.hpp>
#include <heddle/services/health.hpp>
#include <heddle/services/reflection.hpp>

#include "support/lab.hpp"

using namespace heddle::test;
namespace asio = boost::asio;

namespace {

int opened = 0;
bool open_database() { return ++opened > 0; }

}  // namespace

TEST_CASE("a server with all services of heddle") {
  scripted_echo service;
  //[all
  heddle::health health;  // services outlive the context
  heddle::channelz channelz;
  asio::io_context context;
  heddle::server server(context, heddle::server_options().channelz(channelz));
  server.add(service).add(health).add(channelz);
  heddle::enable_reflection(server);
  health.set("lab.Echo", heddle::serving_status::not_serving);
  if (open_database()) health.set("lab.Echo", heddle::serving_status::serving);
  //]
  CHECK(health.get("lab.Echo") == heddle::serving_status::serving);
  heddle::endpoint const where = server.listen("127.0.0.1:0");
  //[watched
  heddle::channel channel(context, where.to_string(), heddle::channel_options().channelz(channelz));
  //]
}
