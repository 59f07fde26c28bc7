#pragma once

#include <optional>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/server/listener.hpp>
#include <heddle/transport/host_port.hpp>

namespace heddle::detail {

/// SO_REUSEPORT as a settable option, which Asio has none of.
class share_port {
 public:
  template <class Protocol>
  int level(Protocol const&) const noexcept {
    return SOL_SOCKET;
  }
  template <class Protocol>
  int name(Protocol const&) const noexcept {
    return SO_REUSEPORT;
  }
  template <class Protocol>
  int const* data(Protocol const&) const noexcept {
    return &on_;
  }
  template <class Protocol>
  std::size_t size(Protocol const&) const noexcept {
    return sizeof on_;
  }

 private:
  int on_ = 1;
};

[[noreturn]] inline void fail_to_listen(std::string_view address, error_code ec, std::string_view detail = {}) {
  ec.assign(ec.value(), ec.category());  // without the place in Asio's sources, which would end up in the text
  std::string what = "cannot listen on " + std::string(address);
  if (!detail.empty()) what += ": " + std::string(detail);
  throw boost::system::system_error(ec, what);
}

HEDDLE_DECL endpoint listen_endpoint(asio::any_io_executor const& executor, std::string_view address) {
  error_code const invalid = asio::error::invalid_argument;
  if (transport::is_unix_name(address)) {
    auto parsed = transport::parse_unix_name(address);
    if (parsed.has_error()) fail_to_listen(address, invalid, parsed.error().message());
    return std::move(*parsed);
  }
  auto const parsed = transport::parse_host_port(address);
  if (!parsed) fail_to_listen(address, invalid, parsed.error().message());
  if (parsed->port.empty()) fail_to_listen(address, invalid, "the port is missing (0 stands for any free one)");
  std::string const host = parsed->host.empty() || parsed->host == "*" ? "::" : parsed->host;
  auto const port = static_cast<std::uint16_t>(std::stoul(parsed->port));
  if (transport::literal_address(host)) return {host, port};
  // As on the client: RFC 6761 6.3, whatever a machine without /etc/hosts would say.
  if (host == "localhost") return {"127.0.0.1", port};
  // Blocks for the name, as opening a port does.
  error_code ec;
  asio::ip::tcp::resolver resolver(executor);
  auto const found = resolver.resolve(host, parsed->port, asio::ip::tcp::resolver::passive, ec);
  if (ec) fail_to_listen(address, ec);
  return transport::to_endpoint(found.begin()->endpoint());
}

HEDDLE_DECL listener::listener(asio::any_io_executor const& executor, std::string_view address, listen_options options)
    : acceptor_(executor), options_(std::move(options)), where_(listen_endpoint(executor, address)) {
  if (options_.reuse_port() && where_.is_unix())
    fail_to_listen(address, asio::error::operation_not_supported, "only TCP ports can be shared (SO_REUSEPORT)");
  if (error_code const ec = open(where_)) fail_to_listen(address, ec);
}

HEDDLE_DECL error_code listener::open(endpoint const& where) {
  bool const has_file = where.kind() == endpoint::family::unix_path;
  std::optional<transport::directory_lock> lock;
  if (has_file) lock.emplace(where.address());
  error_code ec;
  auto const address = transport::to_socket_address(where, ec);
  if (!ec) acceptor_.open(address.protocol(), ec);
  if (!ec && !where.is_unix()) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && options_.reuse_port()) {
    share_port const shared;
    acceptor_.set_option(shared, ec);
  }
  if (!ec && options_.on_open()) ec = options_.on_open()(acceptor_.native_handle(), where);
  if (!ec) acceptor_.bind(address, ec);
  if (has_file && ec == asio::error::address_in_use && transport::remove_dead_socket(where.address()))
    acceptor_.bind(address, ec);
  if (ec) return ec;
  if (has_file) {
    file_ = transport::socket_file(where.address());
    // Nobody gets in before listen().
    if (options_.mode() >= 0) ec = transport::set_mode(where.address(), static_cast<unsigned>(options_.mode()));
  }
  int const most = asio::socket_base::max_listen_connections;
  if (!ec) acceptor_.listen(options_.backlog() > 0 ? options_.backlog() : most, ec);
  if (ec) {
    close();
    return ec;
  }
  if (!where.is_unix()) where_ = transport::to_endpoint(acceptor_.local_endpoint());
  return ec;
}

HEDDLE_DECL listener::listener(asio::any_io_executor const& executor, native_socket listening, listen_options options)
    : acceptor_(executor), options_(std::move(options)) {
  int family = 0;
  error_code ec = transport::check_listening(listening, family);
  if (!ec) acceptor_.assign(transport::socket_protocol(family, 0), listening, ec);
  if (ec)
    fail_to_listen("descriptor " + std::to_string(listening), ec, "it must be a stream socket that listens already");
  where_ = transport::to_endpoint(acceptor_.local_endpoint());
}

HEDDLE_DECL void listener::close() noexcept {
  file_.remove();  // before the close: afterwards another server may have its own there
  error_code ignored;
  acceptor_.close(ignored);
}

HEDDLE_DECL std::unique_ptr<byte_stream> listener::admit(socket accepted) const {
  std::string peer = transport::peer_of(accepted);
  if (options_.on_accept() && !options_.on_accept()(accepted.native_handle(), peer)) return nullptr;
  auto stream = transport::make_socket_stream(std::move(accepted), std::move(peer));
  return options_.filter() ? options_.filter()(std::move(stream)) : std::move(stream);
}

}  // namespace heddle::detail
