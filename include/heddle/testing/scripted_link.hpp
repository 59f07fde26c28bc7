// What is behind the handles of a scripted peer: its stream, what it has heard, and who waits for more.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/http2/connection.hpp>
#include <heddle/testing/frame_codec.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/waiter.hpp>

namespace heddle::testing {

enum class manners : std::uint8_t;
class served_call;

}  // namespace heddle::testing

namespace heddle::detail {

/// Coroutines that wait until something has happened, and then look whether it was for them.
class scripted_news final : private shutdown_listener {
 public:
  explicit scripted_news(asio::any_io_executor executor);
  ~scripted_news();

  static asio::awaitable<void> wait(std::shared_ptr<scripted_news> self);
  void tell();

 private:
  HEDDLE_DECL void on_context_shutdown() noexcept override;

  asio::any_io_executor const executor_;
  std::vector<std::shared_ptr<waiter>> waits_;
};

/// One stream of it, as far as a call has read.
struct scripted_stream {
  explicit scripted_stream(http2::stream_id number) noexcept : id(number) {}
  void take(testing::received_frame const& f);

  http2::stream_id const id;
  header_list head, trailers;
  std::string body;
  bool has_head = false, head_sent = false, ended = false;
  std::optional<http2::error_code> reset;
};

class scripted_link final : public byte_stream_user {
 public:
  scripted_link(http2::role who, std::unique_ptr<byte_stream> stream, testing::manners how,
                std::shared_ptr<scripted_news> told);
  void start();

  void say(std::string_view bytes);
  void half_close();
  void close();
  void close_after(std::size_t bytes);
  void stop_reading() noexcept { paused_ = true; }
  void read_on();

  std::optional<testing::received_frame> take(http2::frame_type type, std::optional<http2::stream_id> id);
  std::optional<testing::received_frame> take_of(http2::stream_id id);
  std::optional<testing::received_frame> take_call();
  bool ended() const noexcept { return ended_; }
  [[noreturn]] void disappoint(std::string const& wanted) const;

  testing::frame_codec codec;
  std::shared_ptr<scripted_news> const news;
  std::vector<testing::received_frame> heard;
  std::string bytes;
  http2::stream_id next_stream = 1, last_call = 0;

 private:
  HEDDLE_DECL void on_read(error_code ec, std::size_t n) override;
  HEDDLE_DECL void on_writable(error_code ec) override;
  void read();
  void take_in(std::string_view arrived);
  void answer(testing::received_frame const& f);
  void keep(testing::received_frame f);
  void pump();

  http2::role const who_;
  testing::manners const how_;
  std::unique_ptr<byte_stream> const stream_;
  std::deque<testing::received_frame> inbox_;
  std::optional<testing::received_frame> open_block_;  // HEADERS that CONTINUATION goes on with
  std::string outgoing_, held_, last_words_;
  std::optional<std::size_t> budget_;
  bool waiting_ = false, half_closed_ = false, closed_ = false, paused_ = false, ended_ = false;
  char buffer_[16 * 1024];
};

/// Shared by the handles; the link itself is kept alive by its stream until that is closed.
class scripted_connection {
 public:
  explicit scripted_connection(std::shared_ptr<scripted_link> link) : link_(std::move(link)) { link_->start(); }
  ~scripted_connection() { link_->close(); }
  scripted_connection(scripted_connection const&) = delete;
  scripted_connection& operator=(scripted_connection const&) = delete;
  scripted_link* operator->() const noexcept { return link_.get(); }

  static std::optional<testing::served_call> take_call(std::shared_ptr<scripted_connection> const& self);

 private:
  std::shared_ptr<scripted_link> const link_;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/testing/scripted_link.ipp>
#endif
