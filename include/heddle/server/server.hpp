// The server: services on ports.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <heddle/base/config.hpp>
#include <heddle/server/fallback.hpp>
#include <heddle/server/listen_options.hpp>
#include <heddle/server/options.hpp>
#include <heddle/server/server_operation.hpp>
#include <heddle/server/service.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/endpoint.hpp>

namespace boost::asio {
class io_context;
}

namespace heddle {

/// Serves gRPC on an executor of yours; it starts no thread. Handlers run on the executor, each connection's one at a
/// time. May be used from any thread; add() and listen() come before run().
class server {
 public:
  /// Throws std::invalid_argument when options.compression() names nothing that options.compressors() has.
  explicit server(asio::any_io_executor executor, server_options options = server_options());
  explicit server(asio::io_context& context, server_options options = server_options());
  template <class Context>
    requires std::is_convertible_v<Context&, asio::execution_context&>
  explicit server(Context& context, server_options options = server_options())
      : server(asio::any_io_executor(context.get_executor()), std::move(options)) {}
  server(server&&) noexcept = default;
  server& operator=(server&&) = delete;
  /// Stops at once: open calls are reset. Use drain() to be kind.
  ~server();

  /// Serves all methods of a generated service. Throws std::invalid_argument when one of them is served already.
  server& add(std::shared_ptr<service> added);
  /// The same for a service that outlives the executor's context.
  template <std::derived_from<service> Service>
  server& add(Service& added) {
    return add(std::shared_ptr<service>(std::shared_ptr<service>(), &added));
  }
  /// Serves one method by a function object with the signature of the generated handler. The method is copied; its
  /// path, a literal as a rule, outlives the server and its handlers.
  template <class Method, class Handler>
    requires std::derived_from<Method, method_descriptor>
  server& add(Method const& method, Handler handler) {
    return add(std::make_shared<detail::lambda_service<Method, Handler>>(method, std::move(handler)));
  }

  /// Serves every call of a method that no service has, also of services that are here:
  /// `reply<void> handler(server_context& context, generic_stream& both)`. context.method().path() says which method it
  /// is; to interceptors it is a bidirectional one. Paths of another form than /service/method never reach it. Messages
  /// are bytes in the encoding that the client has chosen. Throws std::invalid_argument when there is one already.
  template <class Handler>
  server& add_fallback(Handler handler) {
    using fallback = detail::fallback_service<Handler>;
    return add_fallback(std::make_shared<fallback>(std::move(handler)), &fallback::serve);
  }

  /// Opens a port: "0.0.0.0:50051", "[::]:50051", "localhost:0", "unix:/run/greeter.sock", "unix-abstract:greeter".
  /// TCP's port 0 takes a free one; the result says which. A socket file that a dead server has left is replaced; one
  /// at which somebody listens is "address in use". The file goes when the server stops to accept. Connections are
  /// accepted once run() is. Throws boost::system::system_error that names the address and the cause.
  endpoint listen(std::string_view address, listen_options options = listen_options());
  /// Takes over a stream socket that listens already, as systemd's socket activation passes them from descriptor 3 on.
  /// Throws as above, and then the descriptor stays the caller's.
  endpoint listen(native_socket listening, listen_options options = listen_options());
  /// Serves one connected stream, for example one end of make_memory_streams(). One above max_connections() is closed.
  void serve(std::unique_ptr<byte_stream> stream);
  /// Serves any connected stream of Asio's kind: sockets, ssl::stream after its handshake, pipes, what reads and writes
  /// alike. Needs <heddle/transport/any_stream.hpp>. Whatever executor it was made with, its completions run on one of
  /// the server.
  template <class Stream>
    requires(!std::is_convertible_v<Stream, std::unique_ptr<byte_stream>>)
  void serve(Stream stream) {
    serve(byte_stream_maker<Stream>::make(std::move(stream), connection_executor()));
  }

  /// Accepts and serves until the server is drained or destroyed. Returns how many handlers never ended and were left
  /// to themselves. Cancellation (terminal, partial or total): the first drains with options.grace(), also while
  /// somebody drains already, the second at once; run() then returns, it does not throw for them.
  asio::awaitable<std::size_t> run();
  /// void(status, std::size_t), the status always OK, on the handler's associated executor, by default the server's. A
  /// pending run() or drain() with a token is work: it keeps io_context::run() going.
  template <completion_token<void(status, std::size_t)> Token>
  auto run(Token&& token) {
    return detail::start_operation<detail::server_operation, void(status, std::size_t), Token>(
        token, detail::executor_of(*core_), core_, std::optional<duration>());
  }

  /// Stops accepting, tells clients to go elsewhere (GOAWAY in two steps), lets open calls end, ends them after `grace`
  /// (UNAVAILABLE, or a reset where the client does not read), cancels their handlers, and returns at most a second
  /// after that in every case, with the number of handlers that still run. Of several graces the one that ends first
  /// counts. Cancellation ends the grace at once.
  asio::awaitable<std::size_t> drain(duration grace);
  /// As run() with a token.
  template <completion_token<void(status, std::size_t)> Token>
  auto drain(duration grace, Token&& token) {
    return detail::start_operation<detail::server_operation, void(status, std::size_t), Token>(
        token, detail::executor_of(*core_), core_, std::optional<duration>(grace));
  }

  /// How many connections were closed at once because of server_options::max_connections().
  std::size_t refused_connections() const noexcept;

  /// For the parts of heddle that are built on top.
  detail::server_core& heddle_core_() const noexcept { return *core_; }

 private:
  asio::any_io_executor connection_executor() const;
  server& add_fallback(std::shared_ptr<service> added,
                       asio::awaitable<status> (*handle)(service& self, detail::server_call& call));

  std::shared_ptr<detail::server_core> core_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/server/server.ipp>
#endif
