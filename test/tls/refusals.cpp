// Who is refused by TLS, and what both sides learn of it.
#include <string>

#include "support/raw_peer.hpp"
#include "support/tls_world.hpp"

namespace heddle::test {

namespace {

/// What a call ends with when the server shows `who`.
status call_to(identity const& who, tls_client_options options = tls_client_options().server_name("server.test")) {
  tls_setup s;
  s.server = server_context_of(who);
  s.options = std::move(options);
  tls_world w(s);
  echo_everything(w.service);
  return w.call();
}

/// What a call ends with at a server that asks for certificates of `ca`, when the client shows `who`, or nothing.
status call_as(identity const* who) {
  tls_setup s;
  s.server = mutual_server_context(certificates::get().server, certificates::get().ca);
  if (who != nullptr) use_identity(*s.client, *who);
  tls_world w(s);
  echo_everything(w.service);
  return w.call();
}

void check_refused(status const& s, std::string_view part) {
  INFO(to_string(s));
  CHECK(s.code() == status_code::unavailable);
  CHECK(s.origin() == status_origin::transport);
  CHECK(has(s.message(), part));
}

}  // namespace

// ---- the server's certificate

TEST_CASE("a client refuses certificates that prove nothing, and says why") {
  certificates const& all = certificates::get();
  certificate_maker const server = certificate_maker("server").names("DNS:server.test");
  check_refused(call_to(certificate_maker(server).valid(-10, -1).sign(all.ca)), "it has expired on ");
  check_refused(call_to(certificate_maker(server).valid(1, 10).sign(all.ca)), "it is not valid before ");
  check_refused(call_to(certificate_maker("other").names("DNS:other.test,IP:10.0.0.1").sign(all.ca)),
                "it is not for server.test, but for other.test, 10.0.0.1");
  check_refused(call_to(certificate_maker("nameless").sign(all.ca)),
                "not for server.test, but for no subject alternative");
  check_refused(call_to(certificate_maker(server).self_signed()), "self-signed certificate");
  check_refused(call_to(certificate_maker(server).sign(all.other_ca)),
                "its issuer \"CN=other authority\" is not among those that the context trusts");
  check_refused(call_to(all.server, tls_client_options().server_name("192.0.2.2")), "it is not for 192.0.2.2, but for");
  // A wildcard is for one label, and for all of it.
  identity const wild = certificate_maker("wild").names("DNS:*.server.test,DNS:x*.test").sign(all.ca);
  CHECK(call_to(wild, tls_client_options().server_name("a.server.test")).is_ok());
  for (char const* const name : {"server.test", "a.b.server.test", "xy.test"})
    check_refused(call_to(wild, tls_client_options().server_name(name)), "it is not for ");
}

TEST_CASE("who does not verify gets any server") {
  identity const bad = certificate_maker("anybody").valid(-10, -1).self_signed();
  CHECK(call_to(bad, tls_client_options().verify_server(false)).is_ok());
}

TEST_CASE("the context's verify callback may refuse, and its reason is told") {
  for (bool const reason : {true, false}) {
    tls_setup s;
    s.client->set_verify_callback([reason](bool ok, asio::ssl::verify_context& v) {
      if (reason) X509_STORE_CTX_set_error(v.native_handle(), X509_V_ERR_CERT_REVOKED);
      return ok && X509_STORE_CTX_get_error_depth(v.native_handle()) != 0;
    });
    tls_world w(s);
    echo_everything(w.service);
    check_refused(w.call(), reason ? "\"CN=server\": certificate revoked" : "the context's verify callback said no");
  }
}

TEST_CASE("a client's own check may refuse, in its own words") {
  auto const check = [](auth_info const& info) {
    return info.certificate()->subject() == "CN=server" ? status(status_code::permission_denied, "it is on the list")
                                                        : status();
  };
  check_refused(
      call_to(certificates::get().server, tls_client_options().server_name("server.test").check_server(check)),
      "it is on the list");
}

// ---- the client's certificate

TEST_CASE("a server that wants certificates refuses clients without a good one, and they learn it") {
  certificates const& all = certificates::get();
  CHECK(call_as(&all.client).is_ok());
  check_refused(call_as(nullptr), "it wants a client certificate");
  identity const stranger = certificate_maker("stranger").sign(all.other_ca);
  check_refused(call_as(&stranger), "it does not trust who issued our certificate");
  identity const old = certificate_maker("old").valid(-10, -1).sign(all.ca);
  check_refused(call_as(&old), "it does not accept our certificate");
}

TEST_CASE("a server's verify callback may refuse a client") {
  tls_setup s;
  s.server = mutual_server_context(certificates::get().server, certificates::get().ca);
  s.server->set_verify_callback([](bool ok, asio::ssl::verify_context& v) {
    if (X509_STORE_CTX_get_error_depth(v.native_handle()) != 0) return ok;
    X509_STORE_CTX_set_error(v.native_handle(), X509_V_ERR_CERT_REVOKED);
    return false;
  });
  use_identity(*s.client, certificates::get().client);
  tls_world w(s);
  echo_everything(w.service);
  check_refused(w.call(), "certificate revoked");
}

// ---- ALPN

TEST_CASE("a client that offers something else than h2 gets the alert no_application_protocol") {
  tls_world w;
  for (char const* const protocol : {"http/1.1", "h2c", "h", "h22"}) {
    raw_tls_peer const peer = raw_tls_client(w, [&](SSL_CTX* c) { offer(c, protocol); });
    CHECK(!peer.established());
    CHECK(peer.error() == "tlsv1 alert no application protocol");
    CHECK(peer.ended());
  }
  raw_tls_peer const good = raw_tls_client(w, [](SSL_CTX* c) {
    SSL_CTX_set_alpn_protos(c, reinterpret_cast<unsigned char const*>("\x08http/1.1\x02h2"), 12);
  });
  CHECK(good.established());
}

TEST_CASE("a client without ALPN is told what this port speaks, whatever it says") {
  for (std::string const& first : {std::string("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), std::string(http2::client_preface),
                                   std::string("x"), std::string(1, '\0')}) {
    tls_world w;
    raw_tls_peer peer = raw_tls_client(w);
    REQUIRE(peer.established());
    peer.send(first);
    w.clock.settle();
    std::string const answer = peer.received();
    CHECK(answer.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
    auto const body = answer.find("\r\n\r\n") + 4;
    CHECK(has(answer, "content-length: " + std::to_string(answer.size() - body) + "\r\n"));
    CHECK(has(answer, "This port speaks gRPC over HTTP/2"));
    CHECK(peer.heard_close_notify());
    CHECK(peer.ended());
  }
}

TEST_CASE("a client insists on h2, and says what it got instead") {
  for (bool const something : {true, false}) {
    tls_caller c;
    raw_tls_peer const server = c.answer([&](SSL_CTX* context) {
      show(context, certificates::get().server);
      select(context, something);
    });
    c.clock.settle();
    if (something) {
      CHECK(server.established());
      CHECK(c.end.message() == "the call has not ended");
      continue;
    }
    check_refused(c.end, "the server selected no protocol by ALPN, and gRPC needs \"h2\"");
    CHECK(has(c.end.message(), "proxy or load balancer in between"));
  }
  tls_caller c;
  raw_tls_peer const server = c.answer([](SSL_CTX* context) {
    show(context, certificates::get().server);
    SSL_CTX_set_alpn_select_cb(
        context,
        +[](SSL*, unsigned char const**, unsigned char*, unsigned char const*, unsigned, void*) {
          return SSL_TLSEXT_ERR_ALERT_FATAL;
        },
        nullptr);
  });
  c.clock.settle();
  check_refused(c.end, "we offer \"h2\" only");
}

// ---- versions and ciphers

TEST_CASE("TLS 1.1 is refused by both sides") {
  auto const only_11 = [](SSL_CTX* context) {
    show(context, certificates::get().rsa_server);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  };
  tls_setup s;
  s.server = server_context_of(certificates::get().rsa_server);
  SSL_CTX_set_security_level(s.server->native_handle(), 0);
  SSL_CTX_set_min_proto_version(s.server->native_handle(), TLS1_VERSION);
  tls_world w(s);
  raw_tls_peer const peer = raw_tls_client(w, only_11);
  CHECK(!peer.established());
  CHECK(peer.error() == "tlsv1 alert protocol version");
  CHECK(peer.ended());

  tls_caller c;
  raw_tls_peer const server = c.answer(only_11);
  c.clock.settle();
  check_refused(c.end, "it speaks no TLS version that we do");
}

TEST_CASE("cipher suites of TLS 1.2 that HTTP/2 prohibits are refused by both sides") {
  for (char const* const cipher : {"AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"}) {
    auto const only_that = [cipher](SSL_CTX* context) {
      show(context, certificates::get().rsa_server);
      offer(context, "h2");
      select(context, true);
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      CHECK(SSL_CTX_set_cipher_list(context, cipher) == 1);
    };
    tls_setup s;
    s.server = server_context_of(certificates::get().rsa_server);
    CHECK(SSL_CTX_set_cipher_list(s.server->native_handle(), "ALL") == 1);
    tls_world w(s);
    raw_tls_peer const peer = raw_tls_client(w, only_that);
    CHECK(!peer.established());
    CHECK(peer.error().ends_with(" alert handshake failure"));  // OpenSSL's words for it change

    tls_caller c;
    raw_tls_peer const server = c.answer(only_that);
    c.clock.settle();
    check_refused(c.end, "no cipher suite in common");
  }
}

TEST_CASE("what a context allows is narrowed, never widened") {
  auto context = client_context_for(certificates::get().ca);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_cipher_list(native, "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA");
  use_http2_rules(*context);
  CHECK(SSL_CTX_get_min_proto_version(native) == TLS1_3_VERSION);
  std::string left;
  STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(native);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    std::string const name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i));
    if (name.rfind("TLS_", 0) != 0) left += name + " ";
  }
  CHECK(left == "ECDHE-RSA-AES256-GCM-SHA384 ");
  // Once: what its owner changes after that is the owner's business.
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  use_http2_rules(*context);
  CHECK(SSL_CTX_get_min_proto_version(native) == TLS1_2_VERSION);
}

TEST_CASE("a context that allows nothing of HTTP/2 is refused at once") {
  auto old = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_max_proto_version(old->native_handle(), TLS1_1_VERSION);
  CHECK_THROWS_AS(connect_tls(old), std::invalid_argument);
  auto weak = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_max_proto_version(weak->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(weak->native_handle(), "AES128-SHA");
  CHECK_THROWS_AS(tls_server(weak), std::invalid_argument);
  // Without TLS 1.2's suites there is 1.3.
  SSL_CTX_set_max_proto_version(weak->native_handle(), 0);
  CHECK_NOTHROW(tls_server(weak));
  CHECK(SSL_CTX_get_min_proto_version(weak->native_handle()) == TLS1_3_VERSION);
}

TEST_CASE("a source without a context fails its connections, not the program") {
  tls_setup s;
  s.server = nullptr;
  tls_world w(s);
  echo_everything(w.service);
  check_refused(w.call(), "the peer closed it during the TLS handshake");
  w.server_context = server_context_of(certificates::get().server);
  w.clock.advance(10s);
  CHECK(w.call().is_ok());
  w.connector = connect_tls([]() -> std::shared_ptr<asio::ssl::context> { throw std::runtime_error("no such file"); },
                            tls_client_options().over(w.to_server()));
  w.reconnect();
  check_refused(w.call(), "no TLS context: no such file");
}

// ---- TLS on one side only

TEST_CASE("a client that finds no TLS says so") {
  struct answer {
    std::string bytes;
    char const* text;
  };
  for (answer const& a :
       {answer{"HTTP/1.1 400 Bad Request\r\n\r\n", "its answer begins with \"HTTP/1.1 400 Bad Request\""},
        answer{settings(), "its answer begins with cleartext HTTP/2"},
        answer{"SSH-2.0-OpenSSH\r\n", "its answer begins with \"SSH-2.0-OpenSSH\""},
        answer{std::string("\0\1\xff", 3), "its answer begins with 0001ff"}}) {
    tls_caller c;
    c.begin();
    raw_peer server(c.take());
    server.send(a.bytes);
    c.clock.settle();
    check_refused(c.end, "the server does not speak TLS on this port");
    CHECK(has(c.end.message(), a.text));
  }
}

TEST_CASE("a client with TLS at our server without gets a clear answer") {
  tls_world w;
  w.filter = [](std::unique_ptr<byte_stream> inner) { return inner; };
  check_refused(w.call(), "the server does not speak TLS on this port: its answer begins with cleartext HTTP/2");
}

TEST_CASE("a cleartext client at our TLS port is told so") {
  tls_world w;
  w.connector = w.to_server();
  w.reconnect();
  check_refused(w.call(), "or wants TLS");

  asio::any_io_executor const e = w.context.get_executor();
  auto ends = make_memory_streams(e, e);
  w.server->serve(w.filter(std::move(ends.second)));
  raw_peer curl(std::move(ends.first));
  curl.send("GET / HTTP/1.1\r\n\r\n");
  w.clock.settle();
  std::string const answer = curl.bytes();
  CHECK(answer.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
  auto const body = answer.find("\r\n\r\n") + 4;
  CHECK(has(answer, "content-length: " + std::to_string(answer.size() - body) + "\r\n"));
  CHECK(answer.substr(body) == "This port speaks gRPC over HTTP/2 with TLS, not HTTP.\n");
  CHECK(curl.ended());
}

TEST_CASE("a cleartext client at somebody else's TLS port says so") {
  world w;
  raw_servers servers;
  channel c(w.context, "ipv4:192.0.2.1:1",
            channel_options().single_threaded(true).use_clock(w.clock).use_connector(servers.connector(w)));
  status end;
  task const t =
      w.start([&]() -> asio::awaitable<void> { end = co_await status_of(lab::echo::client(c).unary(text("?"))); });
  w.clock.settle();
  servers.last().send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));  // an alert: protocol_version
  w.clock.settle();
  servers.last().close();
  w.clock.settle();
  check_refused(end, "the server answered with a TLS alert: it wants TLS on this port");
}

}  // namespace heddle::test
