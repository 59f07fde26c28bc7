// Whole calls between our client and our server over TLS, on memory streams.
#include <string>

#include "support/tls_world.hpp"

namespace heddle::test {

namespace {

asio::awaitable<void> every_kind(lab::echo::client client, std::size_t size) {
  std::string const words(size, 'w');
  Text const question = text(words, 3);
  Text const answer = co_await client.unary(question);
  CHECK(answer.text() == words);

  auto down = client.download(question);
  int n = 0;
  while (auto const one = co_await down.read()) {
    CHECK(one->text() == words);
    ++n;
  }
  CHECK(n == 3);

  auto up = client.upload();
  for (int i = 0; i < 3; ++i) co_await up.write(question);
  Text const all = co_await up.finish();
  CHECK(all.text().size() == 3 * size);

  auto chat = client.chat();
  for (int i = 0; i < 3; ++i) {
    co_await chat.write(question);
    auto const echo = co_await chat.read();
    CHECK(echo->text() == words);
  }
  co_await chat.writes_done();
  auto const end = co_await chat.read();
  CHECK(!end);
}

/// Counts the writes that reach the stream below TLS.
class counted_stream final : public byte_stream {
 public:
  counted_stream(std::unique_ptr<byte_stream> inner, int& writes) : inner_(std::move(inner)), writes_(writes) {}
  asio::any_io_executor get_executor() override { return inner_->get_executor(); }
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    inner_->read_some(into, std::move(user));
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, boost::system::error_code& ec) override {
    ++writes_;
    return inner_->write_some(parts, ec);
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override { inner_->wait_writable(std::move(user)); }
  void shut_down_write() noexcept override { inner_->shut_down_write(); }
  void close() noexcept override { inner_->close(); }
  std::string peer() const override { return inner_->peer(); }

 private:
  std::unique_ptr<byte_stream> inner_;
  int& writes_;
};

void only_tls12(asio::ssl::context& c) { SSL_CTX_set_max_proto_version(c.native_handle(), TLS1_2_VERSION); }

}  // namespace

TEST_CASE("all kinds of calls go over TLS 1.3 and 1.2") {
  for (bool const old : {false, true}) {
    tls_setup s;
    if (old) only_tls12(*s.server);
    tls_world w(s);
    echo_everything(w.service);
    std::shared_ptr<auth_info const> seen;
    w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
      seen = context.auth();
      co_return request;
    };
    w.run([&] { return every_kind(w.client(), 10); });
    w.run([&] { return every_kind(w.client(), 500'000); });
    CHECK(w.connections == 1);
    REQUIRE(seen != nullptr);
    CHECK(seen->protocol() == (old ? "TLSv1.2" : "TLSv1.3"));
    CHECK(has(seen->cipher(), "GCM"));
    CHECK(!seen->resumed());
    CHECK(!seen->certificate());
  }
}

TEST_CASE("all kinds of calls go through a stream that passes one byte at a time") {
  tls_setup s;
  s.memory = memory_stream_options().max_read(1);
  tls_world w(s);
  echo_everything(w.service);
  w.run([&] { return every_kind(w.client(), 300); });
  CHECK(w.connections == 1);
}

TEST_CASE("all kinds of calls go through a stream that holds little") {
  for (std::size_t const capacity : {1, 100, 17'000}) {
    tls_setup s;
    s.memory = memory_stream_options().capacity(capacity);
    tls_world w(s);
    echo_everything(w.service);
    w.run([&] { return every_kind(w.client(), capacity == 1 ? 300 : 200'000); });
    CHECK(w.connections == 1);
  }
}

TEST_CASE("a reader that stops holds its writer up over TLS as well") {
  tls_world w;
  std::size_t written = 0;
  w.service.on_download = [&](server_context&, Text& request, writer<Text>& out) -> reply<void> {
    for (;;) {
      co_await out.write(request);
      written += request.text().size();
    }
  };
  task const t = w.start([&]() -> asio::awaitable<void> {
    auto down = w.client().download(text(std::string(100'000, 'd')));
    auto const one = co_await down.read();
    CHECK(one->text().size() == 100'000);
    co_await w.clock.sleep_for(1s);
    down.cancel();
  });
  w.clock.advance(2s);
  t.get();
  CHECK(written >= 100'000);
  CHECK(written < 20'000'000);
}

TEST_CASE("a batch of calls leaves in one write, however many records it fills") {
  tls_setup s;
  s.memory = memory_stream_options().capacity(1 << 20);
  tls_world w(s);
  echo_everything(w.service);
  int writes = 0;
  auto const tls = w.filter;
  w.filter = [&](std::unique_ptr<byte_stream> inner) {
    return tls(std::make_unique<counted_stream>(std::move(inner), writes));
  };
  CHECK(w.call().is_ok());
  CHECK(writes <= 4);  // its hello, tickets and SETTINGS, and the answer
  bool warm = false;  // reads begin small
  for (int const batch : {50, 50, 50, 1, 50}) {
    warm = warm || batch == 1;
    writes = 0;
    int answers = 0;
    std::vector<task> calls;
    for (int i = 0; i < batch; ++i)
      calls.push_back(w.start([&]() -> asio::awaitable<void> {
        Text const question = text(std::string(1000, 'q'));
        Text const answer = co_await w.client().unary(question);
        answers += answer.text() == question.text();
      }));
    w.clock.settle();
    CHECK(answers == batch);
    if (warm) CHECK(writes <= 3);  // 50 answers are four records
  }
}

TEST_CASE("a handler knows its caller's address and authority over TLS") {
  tls_world w;
  std::string peer, authority;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    peer = context.peer();
    authority = context.authority();
    co_return request;
  };
  CHECK(w.call().is_ok());
  CHECK(peer == "memory");
  CHECK(authority == "192.0.2.1:50051");
}

TEST_CASE("an address is checked against the certificate's addresses, without a name") {
  tls_setup s;
  s.options = tls_client_options();  // then it is the host of ipv4:192.0.2.1:50051
  tls_world w(s);
  echo_everything(w.service);
  status const end = w.call();
  INFO(to_string(end));
  CHECK(end.is_ok());
}

TEST_CASE("the server's name comes from the channel's authority") {
  tls_setup s;
  s.options = tls_client_options();
  for (char const* const authority : {"server.test", "server.test:443", "server.test.:443"}) {
    s.calling = channel_options().authority(authority);
    tls_world w(s);
    std::string asked;
    SSL_CTX_set_tlsext_servername_callback(
        s.server->native_handle(), +[](SSL* ssl, int*, void* into) {
          char const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
          *static_cast<std::string*>(into) = name != nullptr ? name : "";
          return SSL_TLSEXT_ERR_OK;
        });
    SSL_CTX_set_tlsext_servername_arg(s.server->native_handle(), &asked);
    echo_everything(w.service);
    CHECK(w.call().is_ok());
    CHECK(asked == "server.test");
  }
}

// ---- who is it?

TEST_CASE("a server that asks for a certificate knows its client") {
  tls_setup s;
  s.server = mutual_server_context(certificates::get().server, certificates::get().ca);
  use_identity(*s.client, certificates::get().client);
  tls_world w(s);
  std::shared_ptr<auth_info const> seen, again;
  w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
    seen = context.auth();
    again = context.auth();
    co_return request;
  };
  status const end = w.call();
  INFO(to_string(end));
  REQUIRE(end.is_ok());
  REQUIRE(seen != nullptr);
  CHECK(seen == again);
  REQUIRE(seen->certificate());
  peer_certificate const& c = *seen->certificate();
  CHECK(c.subject() == "CN=client");
  CHECK(c.issuer() == "CN=test authority");
  CHECK(c.uris() == std::vector<std::string>{"spiffe://test/worker"});
  CHECK(c.dns_names() == std::vector<std::string>{"worker.test"});
  CHECK(c.emails() == std::vector<std::string>{"a@worker.test"});
  CHECK(c.ip_addresses().empty());
  CHECK(c.fingerprint().size() == 64);
  CHECK(!c.der().empty());
  auto const now = std::chrono::system_clock::now();
  CHECK(c.not_before() < now - 23h);
  CHECK(c.not_before() > now - 25h);
  CHECK(c.not_after() > now + 29 * 24h);
}

TEST_CASE("a client may look at its server's certificate") {
  tls_setup s;
  std::vector<std::string> addresses;
  int looks = 0;
  s.options.check_server([&](auth_info const& info) {
    ++looks;
    addresses = info.certificate()->ip_addresses();
    return status();
  });
  tls_world w(s);
  echo_everything(w.service);
  CHECK(w.call().is_ok());
  CHECK(w.call().is_ok());
  CHECK(looks == 1);
  CHECK(addresses == std::vector<std::string>{"192.0.2.1", "127.0.0.1"});
}

// ---- the next connection

TEST_CASE("the next connection goes on with the keys of the last") {
  for (bool const old : {false, true}) {
    for (bool const mutual : {false, true}) {
      INFO((old ? "TLS 1.2" : "TLS 1.3") << (mutual ? ", mutual" : ""));
      tls_setup s;
      if (mutual) {
        s.server = mutual_server_context(certificates::get().server, certificates::get().ca);
        use_identity(*s.client, certificates::get().client);
      }
      if (old) only_tls12(*s.server);
      tls_world w(s);
      std::vector<bool> resumed;
      w.service.on_unary = [&](server_context& context, Text& request) -> reply<Text> {
        resumed.push_back(context.auth()->resumed());
        CHECK(context.auth()->certificate().has_value() == mutual);
        co_return request;
      };
      for (int i = 0; i < 4; ++i) {
        CHECK(w.call().is_ok());
        w.reconnect();
      }
      CHECK(w.connections == 4);
      CHECK(resumed == std::vector<bool>{false, true, true, true});
    }
  }
}

TEST_CASE("a session is not resumed when that is turned off, nor with another context") {
  bool resumed = true;
  auto const watch = [&resumed](tls_world& w) {
    w.service.on_unary = [&resumed](server_context& context, Text& request) -> reply<Text> {
      resumed = context.auth()->resumed();
      co_return request;
    };
  };
  {
    tls_setup s;
    s.options.resume(false);
    tls_world w(s);
    watch(w);
    CHECK(w.call().is_ok());
    w.reconnect();
    CHECK(w.call().is_ok());
    CHECK(!resumed);
  }
  tls_world w;
  auto current = client_context_for(certificates::get().ca);
  w.connector =
      connect_tls([&current] { return current; }, tls_client_options().server_name("server.test").over(w.to_server()));
  watch(w);
  w.reconnect();
  CHECK(w.call().is_ok());
  w.reconnect();
  CHECK(w.call().is_ok());
  CHECK(resumed);
  current = client_context_for(certificates::get().ca);
  w.reconnect();
  CHECK(w.call().is_ok());
  CHECK(!resumed);
  current = client_context_for(certificates::get().other_ca);
  w.reconnect();
  CHECK(has(w.call().message(), "not among those that the context trusts"));
}

TEST_CASE("a server changes its certificate while it runs") {
  tls_setup s;
  std::string seen;
  s.options.check_server([&](auth_info const& info) {
    seen = info.certificate()->subject();
    return status();
  });
  tls_world w(s);
  echo_everything(w.service);
  CHECK(w.call().is_ok());
  CHECK(seen == "CN=server");
  w.server_context =
      server_context_of(certificate_maker("renewed").names("DNS:server.test").sign(certificates::get().ca));
  CHECK(w.call().is_ok());
  CHECK(w.connections == 1);  // which keeps what it has
  w.reconnect();
  CHECK(w.call().is_ok());
  CHECK(seen == "CN=renewed");
}

}  // namespace heddle::test
