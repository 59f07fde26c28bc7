// bench_server PORT [--tls CERT KEY] [--threads N] [--read reuse|try|optional] [--streams N]
// Serves bench.Bench on 127.0.0.1, with a server on each core where --threads says more than one. An ordinary generated
// service with the default limits, but for the message size; --streams raises how many calls a connection may have.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <heddle/server.hpp>
#include <heddle/server/thread_per_core.hpp>

#include "arguments.hpp"
#include "bench.heddle.hpp"
#include "security.hpp"

namespace asio = boost::asio;
using bench::Req;
using bench::Resp;
using bench::StreamReq;
using bench_program::arguments;

namespace {

/// The three ways to take the messages of a stream.
enum class reading { reuse, when_here, optional };

reading reading_of(arguments const& given) {
  std::string const name = given.has("--read") ? given.value("--read") : "reuse";
  if (name == "reuse") return reading::reuse;
  if (name == "try") return reading::when_here;
  if (name == "optional") return reading::optional;
  throw std::invalid_argument("--read is reuse, try or optional");
}

class bench_service final : public bench::bench::service {
 public:
  explicit bench_service(reading how) noexcept : reading_(how) {}

 private:
  heddle::reply<Resp> unary(heddle::server_context&, Req& request) override {
    Resp response;
    response.mutable_payload()->swap(*request.mutable_payload());
    co_return response;
  }
  heddle::reply<void> server_stream(heddle::server_context&, StreamReq& request, heddle::writer<Resp>& out) override {
    Resp response;
    response.set_payload(std::string(request.size(), 'x'));
    for (std::uint32_t i = 0; i < request.count(); ++i) co_await out.write(response);
    co_return heddle::ok;
  }
  heddle::reply<Resp> client_stream(heddle::server_context&, heddle::reader<Req>& in) override {
    Req request;
    std::uint64_t bytes = 0;
    switch (reading_) {
      case reading::reuse:
        while (co_await in.read(request)) bytes += request.payload().size();
        break;
      case reading::when_here:
        while (co_await in.read(request)) {
          do bytes += request.payload().size();
          while (in.try_read(request));
        }
        break;
      case reading::optional:
        while (auto const message = co_await in.read()) bytes += message->payload().size();
        break;
    }
    Resp response;
    response.set_payload(std::to_string(bytes));
    co_return response;
  }
  heddle::reply<void> bidi(heddle::server_context&, heddle::stream<Req, Resp>& peer) override {
    Req request;
    Resp response;
    while (co_await peer.read(request)) {
      response.mutable_payload()->swap(*request.mutable_payload());
      co_await peer.write(response);
    }
    co_return heddle::ok;
  }

  reading const reading_;
};

heddle::server_options options_of(arguments const& given) {
  heddle::server_options options;
  options.single_threaded(true).max_receive_message_size(64 << 20);
  auto limits = options.limits();
  limits.max_concurrent_streams = std::uint32_t(given.number("--streams", limits.max_concurrent_streams));
  return options.limits(limits);
}

heddle::listen_options security_of(arguments const& given) {
  if (!given.has("--tls")) return {};
  return bench_program::serve_tls(given.value("--tls", 0), given.value("--tls", 1));
}

}  // namespace

int main(int argc, char** argv) try {
  arguments const given(argc, argv, {{"--tls", 2}, {"--threads", 1}, {"--read", 1}, {"--streams", 1}});
  if (given.words().size() != 1)
    throw std::invalid_argument(
        "usage: bench_server PORT [--tls CERT KEY] [--threads N] [--read reuse|try|optional] [--streams N]");
  std::string const address = "127.0.0.1:" + given.words()[0];
  bench_service service(reading_of(given));
  auto const options = options_of(given);
  if (auto const threads = given.number("--threads", 1); threads > 1) {
    auto const setup = [&](heddle::core_server& core) {
      core.server().add(service);
      core.listen(address, security_of(given));
    };
    heddle::thread_per_core(threads, setup, options).run();
    return 0;
  }
  asio::io_context context(1);
  heddle::server server(context, options);
  server.add(service);
  server.listen(address, security_of(given));
  asio::co_spawn(context, server.run(), asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
