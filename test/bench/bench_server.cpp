// bench_server PORT: bench.Bench on 127.0.0.1, one thread. An ordinary generated service, nothing that users lack.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include <heddle/server.hpp>

#include "bench.heddle.hpp"

namespace asio = boost::asio;
using bench::Req;
using bench::Resp;
using bench::StreamReq;

class bench_service final : public bench::bench::service {
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
    while (co_await in.read(request)) bytes += request.payload().size();
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
};

int main(int argc, char** argv) try {
  if (argc != 2) throw std::invalid_argument("usage: bench_server PORT");
  asio::io_context context(1);
  bench_service service;
  heddle::server server(context, heddle::server_options().single_threaded(true).max_receive_message_size(64 << 20));
  server.add(service);
  server.listen(std::string("127.0.0.1:") + argv[1]);
  asio::co_spawn(context, server.run(), asio::detached);
  context.run();
} catch (std::exception const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
