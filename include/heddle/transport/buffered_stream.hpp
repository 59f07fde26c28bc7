// byte_stream over what can only read and write asynchronously: writes go through a bounded buffer of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

#include <heddle/base/bytes.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/socket_address.hpp>

namespace heddle::detail {

/// Ends a stream and all its operations: by the layer that the operations wait in.
template <class Stream>
  requires(
      requires(Stream& s, error_code& ec) { s.lowest_layer().close(ec); } ||
      requires(Stream& s, error_code& ec) { s.close(ec); } || requires(Stream& s) { s.close(); } ||
      requires(Stream& s) { s.next_layer(); })
void close_stream(Stream& s) {
  error_code ignored;
  if constexpr (requires { s.lowest_layer().close(ignored); })
    s.lowest_layer().close(ignored);
  else if constexpr (requires { s.close(ignored); })
    s.close(ignored);
  else if constexpr (requires { s.close(); })
    s.close();
  else
    close_stream(s.next_layer());
}

/// Tells the peer that nothing more comes, where the stream knows how to.
template <class Stream>
void shut_down_write_of(Stream& s) {
  error_code ignored;
  if constexpr (requires { s.shut_down_write(); })
    s.shut_down_write();
  else if constexpr (requires { s.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored); })
    s.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored);
  else if constexpr (requires { s.next_layer(); })
    shut_down_write_of(s.next_layer());
}

template <class Stream>
std::string peer_of_stream(Stream& s) {
  error_code ec;
  if constexpr (requires { transport::socket_address(s.lowest_layer().remote_endpoint(ec)); }) {
    transport::socket_address const remote(s.lowest_layer().remote_endpoint(ec));
    auto const peer = ec ? endpoint() : transport::to_endpoint(remote);
    return peer == endpoint() ? "unknown" : peer.to_target();
  } else if constexpr (requires { s.next_layer(); }) {
    return peer_of_stream(s.next_layer());
  } else {
    return "unknown";
  }
}

template <class Stream>
class buffered_stream final : public byte_stream {
 public:
  /// What is written and not yet taken by the stream, in bytes.
  static constexpr std::size_t capacity = 256 * 1024;

  buffered_stream(Stream stream, asio::any_io_executor executor, std::string peer)
      : core_(std::make_shared<core>(std::move(stream), std::move(executor))), peer_(std::move(peer)) {}
  ~buffered_stream() override { core_->close(); }

  asio::any_io_executor get_executor() override { return core_->executor; }
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    core_->stream.async_read_some(into, read_handler(core_, std::move(user)));
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) override {
    return core_->write_some(parts, ec);
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override { core_->wait_writable(std::move(user)); }
  void shut_down_write() noexcept override { core_->shut_down_write(); }
  void close() noexcept override { core_->close(); }
  std::string peer() const override { return peer_; }

 private:
  /// Outlives the stream object while an operation is under way.
  struct core final : std::enable_shared_from_this<core>, private shutdown_listener {
    core(Stream s, asio::any_io_executor e) : stream(std::move(s)), executor(std::move(e)) {
      shutdown_service::of(executor).add(*this);
    }
    ~core() { shutdown_service::of(executor).remove(*this); }

    std::size_t room() const noexcept { return capacity - std::min(capacity, waiting.size() + flying.size()); }

    std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) {
      ec = failure;
      if (ec) return 0;
      std::size_t done = 0, all = 0;
      for (asio::const_buffer const part : parts) {
        all += part.size();
        std::size_t const n = std::min(part.size(), room());
        waiting.append(bytes_view(static_cast<std::uint8_t const*>(part.data()), n));
        done += n;
      }
      if (done == 0 && all != 0) ec = asio::error::would_block;
      write_more();
      return done;
    }
    void wait_writable(std::shared_ptr<byte_stream_user> user) {
      writer = std::move(user);
      if (failure || room() != 0) tell_writer_later();
    }
    void shut_down_write() noexcept {
      shut_down = true;
      write_more();
    }
    void close() noexcept {
      if (closed) return;
      closed = true;
      failure = asio::error::operation_aborted;
      tell_writer_later();
      close_stream(stream);
    }

    void write_more() {
      if (writing || closed) return;
      if (flying.empty()) std::swap(flying, waiting);
      if (flying.empty()) {
        if (std::exchange(shut_down, false)) shut_down_write_of(stream);
        return;
      }
      writing = true;
      stream.async_write_some(asio::const_buffer(flying.data(), flying.size()),
                              write_handler(this->shared_from_this()));
    }
    void written(error_code ec, std::size_t n) {
      writing = false;
      flying.consume(n);
      if (ec && !failure) failure = ec;
      if (failure) {
        flying.clear();
        waiting.clear();
      }
      write_more();
      if (failure || room() >= capacity / 2)
        if (auto const user = std::exchange(writer, nullptr)) user->on_writable(failure);
    }
    void tell_writer_later() {
      if (writer == nullptr) return;
      asio::post(executor, [user = std::exchange(writer, nullptr), ec = failure] { user->on_writable(ec); });
    }
    /// As the stream's own operations are destroyed: whoever waits may own the stream.
    void on_context_shutdown() noexcept override { auto const dropped = std::exchange(writer, nullptr); }

    Stream stream;
    asio::any_io_executor const executor;
    byte_buffer waiting, flying;
    std::shared_ptr<byte_stream_user> writer;
    error_code failure;
    bool writing = false, shut_down = false, closed = false;
  };

  class handler {
   public:
    using executor_type = asio::any_io_executor;
    explicit handler(std::shared_ptr<core> c) : core_(std::move(c)) {}
    executor_type get_executor() const noexcept { return core_->executor; }

   protected:
    std::shared_ptr<core> core_;
  };
  class read_handler : public handler {
   public:
    read_handler(std::shared_ptr<core> c, std::shared_ptr<byte_stream_user> user)
        : handler(std::move(c)), user_(std::move(user)) {}
    void operator()(error_code ec, std::size_t n) const {
      if (!ec && n == 0) ec = asio::error::eof;
      user_->on_read(ec, n);
    }

   private:
    std::shared_ptr<byte_stream_user> user_;
  };
  class write_handler : public handler {
   public:
    using handler::handler;
    void operator()(error_code ec, std::size_t n) const { this->core_->written(ec, n); }
  };

  std::shared_ptr<core> core_;
  std::string peer_;
};

}  // namespace heddle::detail
