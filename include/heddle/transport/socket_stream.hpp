// byte_stream over any Asio stream socket.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/operation_memory.hpp>
#include <heddle/transport/user_timeout.hpp>

namespace heddle {

/// Takes over a connected socket. `Socket` is an asio::basic_stream_socket.
template <class Socket>
class socket_stream final : public byte_stream {
 public:
  /// `local_of` says byte_stream::local(); null: nothing.
  socket_stream(Socket socket, std::string peer, std::string (*local_of)(Socket const&) = nullptr)
      : socket_(std::move(socket)), memory_(std::make_shared<memories>()), peer_(std::move(peer)), local_of_(local_of) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  asio::any_io_executor get_executor() override { return socket_.get_executor(); }
  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    // What Asio tries at once takes whatever is there.
    if (low_watermark_ > 1)
      socket_.async_wait(Socket::wait_read, readable_handler{{std::move(user), memory_}, this, into});
    else
      socket_.async_read_some(into, read_handler{{std::move(user), memory_}});
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) override {
    return parts.size() == 1 ? socket_.write_some(parts.front(), ec) : socket_.write_some(parts, ec);
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override {
    socket_.async_wait(Socket::wait_write, write_handler{{std::move(user), memory_}});
  }
  void shut_down_write() noexcept override {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }
  bool receive_low_watermark(std::size_t bytes) noexcept override {
    if (peer_.starts_with("unix:")) return false;  // such a socket takes the option, and does not wait
    error_code ec;
    socket_.set_option(asio::socket_base::receive_low_watermark(static_cast<int>(bytes)), ec);
    if (!ec) low_watermark_ = bytes;
    return !ec;
  }
  void give_up_after(std::chrono::nanoseconds unacknowledged) noexcept override {
    detail::set_user_timeout(socket_, unacknowledged);
  }
  std::string peer() const override { return peer_; }
  std::string local() const override { return local_of_ != nullptr ? local_of_(socket_) : std::string(); }

 private:
  // Apart from the stream: an operation that the context destroys at its end may be the stream's last owner.
  struct memories {
    detail::operation_memory read, write;
  };
  struct handler_base {
    std::shared_ptr<byte_stream_user> user;
    std::shared_ptr<memories> memory;
  };
  struct read_handler : handler_base {
    using allocator_type = detail::operation_allocator<unsigned char>;
    allocator_type get_allocator() const noexcept { return allocator_type(this->memory->read); }
    void operator()(error_code ec, std::size_t n) const { this->user->on_read(ec, n); }
  };
  struct readable_handler : handler_base {
    using allocator_type = detail::operation_allocator<unsigned char>;
    allocator_type get_allocator() const noexcept { return allocator_type(this->memory->read); }
    void operator()(error_code ec) {
      std::size_t const n = ec ? 0 : self->socket_.read_some(into, ec);
      if (ec == asio::error::would_block || ec == asio::error::try_again)
        return self->read_some(into, std::move(this->user));
      this->user->on_read(ec, n);
    }
    socket_stream* self;  // the user's
    asio::mutable_buffer into;
  };
  struct write_handler : handler_base {
    using allocator_type = detail::operation_allocator<unsigned char>;
    allocator_type get_allocator() const noexcept { return allocator_type(this->memory->write); }
    void operator()(error_code ec) const { this->user->on_writable(ec); }
  };

  Socket socket_;
  std::shared_ptr<memories> memory_;
  std::string peer_;
  std::size_t low_watermark_ = 1;
  std::string (*local_of_)(Socket const&);
};

}  // namespace heddle
