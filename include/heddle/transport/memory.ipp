#pragma once

#include <algorithm>
#include <cstring>
#include <mutex>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <heddle/base/bytes.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/memory.hpp>
#include <heddle/transport/operation_memory.hpp>

namespace heddle {

namespace detail {

/// One direction: a bounded buffer with at most one reader and one writer waiting.
struct memory_pipe {
  struct waiting {
    std::shared_ptr<byte_stream_user> user;
    asio::any_io_executor executor;
  };

  byte_buffer bytes;
  bool write_ended = false;  // the writer said so, or is gone
  bool read_ended = false;   // the reader is gone
  waiting reader, writer;
  asio::mutable_buffer into;
};

struct memory_link {
  std::mutex mutex;
  memory_pipe pipes[2];
  operation_memory memory[4];  // for the post of each kind of completion
  std::size_t capacity = 0, max_read = 0;
};

struct memory_completion {
  using allocator_type = operation_allocator<unsigned char>;
  allocator_type get_allocator() const noexcept { return allocator_type(*memory); }
  void operator()() const {
    if (is_read)
      user->on_read(ec, n);
    else
      user->on_writable(ec);
  }

  std::shared_ptr<byte_stream_user> user;
  std::shared_ptr<memory_link> link;
  operation_memory* memory;
  bool is_read;
  error_code ec;
  std::size_t n;
};

class memory_stream final : public byte_stream, private shutdown_listener {
 public:
  memory_stream(asio::any_io_executor executor, std::shared_ptr<memory_link> link, int in)
      : executor_(std::move(executor)), link_(std::move(link)), in_(in) {
    shutdown_service::of(executor_).add(*this);
  }
  ~memory_stream() override {
    shutdown_service::of(executor_).remove(*this);
    memory_stream::close();
  }

  asio::any_io_executor get_executor() override { return executor_; }

  void read_some(asio::mutable_buffer into, std::shared_ptr<byte_stream_user> user) override {
    std::lock_guard const lock(link_->mutex);
    memory_pipe& pipe = link_->pipes[in_];
    pipe.reader = {std::move(user), executor_};
    pipe.into = into;
    serve_reader(in_);
  }
  std::size_t write_some(std::span<asio::const_buffer const> parts, error_code& ec) override {
    std::lock_guard const lock(link_->mutex);
    memory_pipe& pipe = link_->pipes[1 - in_];
    ec = pipe.write_ended || pipe.read_ended ? error_code(asio::error::broken_pipe) : error_code();
    if (ec) return 0;
    std::size_t done = 0;
    for (asio::const_buffer const part : parts) {
      std::size_t const room = link_->capacity - std::min(link_->capacity, pipe.bytes.size());
      std::size_t const n = std::min(part.size(), room);
      pipe.bytes.append(bytes_view(static_cast<std::uint8_t const*>(part.data()), n));
      done += n;
    }
    if (done == 0) ec = asio::error::would_block;
    serve_reader(1 - in_);
    return done;
  }
  void wait_writable(std::shared_ptr<byte_stream_user> user) override {
    std::lock_guard const lock(link_->mutex);
    link_->pipes[1 - in_].writer = {std::move(user), executor_};
    serve_writer(1 - in_);
  }
  void shut_down_write() noexcept override {
    std::lock_guard const lock(link_->mutex);
    link_->pipes[1 - in_].write_ended = true;
    serve_reader(1 - in_);
  }
  void close() noexcept override {
    std::lock_guard const lock(link_->mutex);
    for (int i : {0, 1}) {
      link_->pipes[i].write_ended = true;
      if (i == in_) {
        link_->pipes[i].read_ended = true;
        if (link_->pipes[i].reader.user) complete(i, true, asio::error::operation_aborted, 0);
        serve_writer(i);
      } else {
        if (link_->pipes[i].writer.user) complete(i, false, asio::error::operation_aborted, 0);
        serve_reader(i);
      }
    }
  }
  std::string peer() const override { return "memory"; }

 private:
  /// As a socket's operations would be destroyed: whoever waits may own this stream.
  void on_context_shutdown() noexcept override {
    memory_pipe::waiting reader, writer;
    std::lock_guard const lock(link_->mutex);
    std::swap(reader, link_->pipes[in_].reader);
    std::swap(writer, link_->pipes[1 - in_].writer);
  }
  void complete(int pipe, bool read, error_code ec, std::size_t n) {
    memory_pipe::waiting& who = read ? link_->pipes[pipe].reader : link_->pipes[pipe].writer;
    memory_pipe::waiting const taken = std::exchange(who, memory_pipe::waiting());
    operation_memory* const memory = &link_->memory[pipe * 2 + (read ? 1 : 0)];
    asio::post(taken.executor, memory_completion{taken.user, link_, memory, read, ec, n});
  }
  void serve_reader(int i) {
    memory_pipe& pipe = link_->pipes[i];
    if (pipe.reader.user == nullptr) return;
    if (pipe.bytes.empty()) {
      if (pipe.write_ended) complete(i, true, asio::error::eof, 0);
      return;
    }
    std::size_t const n = std::min({pipe.into.size(), pipe.bytes.size(), link_->max_read});
    std::memcpy(pipe.into.data(), pipe.bytes.data(), n);
    pipe.bytes.consume(n);
    complete(i, true, error_code(), n);
    serve_writer(i);
  }
  void serve_writer(int i) {
    memory_pipe& pipe = link_->pipes[i];
    if (pipe.writer.user == nullptr) return;
    if (pipe.read_ended || pipe.write_ended)
      complete(i, false, asio::error::broken_pipe, 0);
    else if (pipe.bytes.size() < link_->capacity)
      complete(i, false, error_code(), 0);
  }

  asio::any_io_executor executor_;
  std::shared_ptr<memory_link> link_;
  int in_;
};

}  // namespace detail

HEDDLE_DECL std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>> make_memory_streams(
    asio::any_io_executor first, asio::any_io_executor second, memory_stream_options const& options) {
  auto const link = std::make_shared<detail::memory_link>();
  link->capacity = options.capacity();
  link->max_read = options.max_read();
  return {std::make_unique<detail::memory_stream>(std::move(first), link, 0),
          std::make_unique<detail::memory_stream>(std::move(second), link, 1)};
}

}  // namespace heddle
