// The server of gRPC's interop tests: interop_server --port=P [--use_tls --tls_cert_file=PEM --tls_key_file=PEM]
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>

#include <heddle/services/channelz.hpp>
#include <heddle/services/health.hpp>
#include <heddle/services/reflection.hpp>

#include "flags.hpp"
#include "security.hpp"
#include "service.hpp"

int main(int argc, char** argv) try {
  interop::flags const flags(argc, argv, {"port", "use_tls", "tls_cert_file", "tls_key_file"});
  heddle::channelz channelz;
  heddle::health health;
  boost::asio::io_context context(1);
  interop::test_server service("heddle-" + std::to_string(::getpid()));
  heddle::server server(context, heddle::server_options().single_threaded(true).channelz(channelz));
  server.add(service).add(health).add(channelz);
#if defined(INTEROP_ORCA)
  interop::orca_service load;
  service.report_load_to(load);
  server.add(load);
#endif
  health.set("grpc.testing.TestService", heddle::serving_status::serving);
  heddle::enable_reflection(server);
  auto const where = server.listen("0.0.0.0:" + flags.get("port", "0"), interop::server_security(flags));
  std::cout << "listening on " << where.to_string() << std::endl;
  boost::asio::co_spawn(context, server.run(), boost::asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << "interop_server: " << e.what() << '\n';
  return 1;
}
