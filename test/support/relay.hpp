// A wire between a channel and a server that breaks where the test says.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>

#include <heddle/transport/memory.hpp>

#include "support/lab.hpp"

namespace heddle::test {

enum class breakage { none, close, half_close, garbage, silence };
enum class direction { to_server, to_client };

class relay {
 public:
  relay(world& w, direction d, std::size_t after, breakage how)
      : relay(
            w.context.get_executor(), [&w](std::unique_ptr<byte_stream> s) { w.server->serve(std::move(s)); }, d, after,
            how) {}
  relay(asio::any_io_executor executor, std::function<void(std::unique_ptr<byte_stream>)> serve, direction d,
        std::size_t after, breakage how)
      : executor_(std::move(executor)), serve_(std::move(serve)), wire_(std::make_shared<wire>()) {
    wire_->watched = d == direction::to_server ? 0 : 1;
    wire_->left = after;
    wire_->how = how;
  }
  ~relay() { wire_->stop(); }

  heddle::connector connector() {
    auto const accept = [this](std::unique_ptr<byte_stream> from_client) {
      ++connections;
      if (connections > 1) return serve_(std::move(from_client));  // later ones are sound
      auto ends = make_memory_streams(executor_, executor_);
      wire_->streams[0] = std::move(from_client);
      wire_->streams[1] = std::move(ends.first);
      serve_(std::move(ends.second));
      for (int side : {0, 1}) {
        auto const r = std::make_shared<reader>();
        r->to = wire_;
        r->side = side;
        r->read();
      }
    };
    return testing::connect_memory(executor_, accept);
  }
  /// That went through in each direction.
  std::size_t bytes(direction d) const noexcept { return wire_->passed[d == direction::to_server ? 0 : 1]; }
  bool broken() const noexcept { return wire_->broken; }

  int connections = 0;

 private:
  struct wire {
    void pass(int side, char const* data, std::size_t n) {
      if (broken && how != breakage::half_close) return;
      if (broken && side == watched) return;
      std::size_t goes = n;
      if (side == watched && how != breakage::none) goes = std::min(n, left);
      write(1 - side, data, goes);
      passed[side] += goes;
      if (side != watched || how == breakage::none) return;
      left -= goes;
      if (left == 0) break_it();
    }
    void write(int side, char const* data, std::size_t n) {
      boost::system::error_code ec;
      if (n != 0) streams[side]->write_some(asio::buffer(data, n), ec);
    }
    void break_it() {
      broken = true;
      int const victim = 1 - watched;
      if (how == breakage::close) stop();
      if (how == breakage::half_close) streams[victim]->shut_down_write();
      if (how == breakage::garbage) {
        std::string const junk(64, '\x7f');
        write(victim, junk.data(), junk.size());
      }
    }
    void end(int side) {
      if (streams[1 - side] != nullptr) streams[1 - side]->shut_down_write();
    }
    void stop() {
      for (auto const& s : streams)
        if (s != nullptr) s->close();
    }
    std::unique_ptr<byte_stream> streams[2];  // towards the client, towards the server
    int watched = 0;
    std::size_t left = 0, passed[2] = {0, 0};
    breakage how = breakage::none;
    bool broken = false;
  };
  struct reader final : byte_stream_user {
    void read() { to->streams[side]->read_some(asio::buffer(buffer), shared_from_this()); }
    void on_read(boost::system::error_code ec, std::size_t n) override {
      if (ec) return to->end(side);
      to->pass(side, buffer, n);
      read();
    }
    void on_writable(boost::system::error_code) override {}
    std::shared_ptr<wire> to;
    int side = 0;
    char buffer[4096];
  };

  asio::any_io_executor const executor_;
  std::function<void(std::unique_ptr<byte_stream>)> const serve_;
  std::shared_ptr<wire> wire_;
};

}  // namespace heddle::test
