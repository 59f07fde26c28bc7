// What docs/tls.md shows, as it stands there.
#include <memory>
#include <string>

#include "support/tls_world.hpp"

namespace {

using heddle::test::certificates;
using heddle::test::has;
namespace asio = boost::asio;

//[server
asio::ssl::context server_context(std::string const& chain_pem, std::string const& key_pem) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(chain_pem));
  context.use_private_key(asio::buffer(key_pem), asio::ssl::context::pem);
  return context;
}

heddle::endpoint open_port(heddle::server& server, asio::ssl::context context) {
  return server.listen("127.0.0.1:0", heddle::listen_options().filter(heddle::tls_server(std::move(context))));
}
//]

//[mutual
void ask_for_certificates(asio::ssl::context& context, std::string const& authority_pem) {
  context.add_certificate_authority(asio::buffer(authority_pem));
  context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
}

heddle::status only_workers(heddle::server_context& context) {
  auto const who = context.auth();  // null without TLS
  if (who == nullptr || !who->certificate())
    return heddle::status(heddle::status_code::unauthenticated, "who are you?");
  for (std::string const& uri : who->certificate()->uris())
    if (uri == "spiffe://test/worker") return heddle::ok;
  return heddle::status(heddle::status_code::permission_denied, who->certificate()->subject() + " is no worker");
}
//]

//[client
heddle::channel_options over_tls(std::string const& authority_pem) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.add_certificate_authority(asio::buffer(authority_pem));
  heddle::tls_client_options options;
  options.server_name("server.test");  // where it is not the host of the target
  return heddle::channel_options().use_connector(heddle::connect_tls(std::move(context), options));
}
//]

//[reload
heddle::listen_options always_current(std::shared_ptr<asio::ssl::context> const& current) {
  return heddle::listen_options().filter(heddle::tls_server([&current] { return current; }));
}
//]

}  // namespace

TEST_CASE("the manual of TLS serves, asks who it is, and reloads") {
  using heddle::test::Text;
  certificates const& all = certificates::get();
  asio::io_context context(1);
  heddle::test::scripted_echo service;
  service.on_unary = [](heddle::server_context& c, Text& request) -> heddle::reply<Text> {
    heddle::status const s = only_workers(c);
    if (!s.is_ok()) co_return s;
    co_return std::move(request);
  };
  heddle::server server(context, heddle::server_options().single_threaded(true));
  server.add(service);

  auto mutual = server_context(all.server.certificate_pem(), all.server.key_pem());
  ask_for_certificates(mutual, all.ca.certificate_pem());
  heddle::endpoint const strict = open_port(server, std::move(mutual));
  auto current = heddle::test::server_context_of(all.server);
  heddle::endpoint const open = server.listen("127.0.0.1:0", always_current(current));

  auto const call = [&](heddle::endpoint const& to,
                        heddle::channel_options options) -> asio::awaitable<heddle::status> {
    heddle::channel channel(context, to.to_string(), std::move(options));
    co_return co_await heddle::test::status_of(lab::echo::client(channel).unary(
        heddle::test::text("?"), heddle::call_options().timeout(std::chrono::seconds(20))));
  };
  heddle::status without, with, before, after;
  auto const calls = [&]() -> asio::awaitable<void> {
    without = co_await call(strict, over_tls(all.ca.certificate_pem()));
    auto const worker = heddle::test::client_context_for(all.ca);
    heddle::test::use_identity(*worker, all.client);
    with = co_await call(strict, heddle::channel_options().use_connector(heddle::connect_tls(
                                     worker, heddle::tls_client_options().server_name("server.test"))));
    before = co_await call(open, over_tls(all.ca.certificate_pem()));
    current = heddle::test::server_context_of(all.client);
    after = co_await call(open, over_tls(all.ca.certificate_pem()));
    context.stop();
  };
  asio::co_spawn(context, server.run(), [](std::exception_ptr, std::size_t) {});
  asio::co_spawn(context, calls, [](std::exception_ptr e) { CHECK(!e); });
  context.run();
  INFO(to_string(without) << "; " << to_string(with) << "; " << to_string(before) << "; " << to_string(after));
  CHECK(has(without.message(), "it wants a client certificate"));
  CHECK(with.is_ok());
  CHECK(before.code() == heddle::status_code::unauthenticated);
  CHECK(has(after.message(), "it is not for server.test, but for worker.test"));
}
