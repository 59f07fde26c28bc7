// One call of a scripted peer: messages and statuses instead of frames.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/metadata.hpp>
#include <heddle/base/status.hpp>
#include <heddle/testing/frame_codec.hpp>
#include <heddle/testing/frames.hpp>

namespace heddle {

namespace asio = boost::asio;

}  // namespace heddle

namespace heddle::detail {

class scripted_connection;
struct scripted_stream;

}  // namespace heddle::detail

namespace heddle::testing {

/// What both roles have in common. A handle: copies are the same call. It keeps its connection open. What its functions
/// have read is no longer there for scripted_peer::expect(). They throw std::runtime_error when the stream or the
/// connection ends where they want more.
class scripted_call {
 public:
  /// For frames of the test's own.
  http2::stream_id stream() const noexcept;

  /// The body of the next message; nothing once the other side has ended its half.
  asio::awaitable<std::optional<std::string>> read_body();
  template <class Message>
  asio::awaitable<std::optional<Message>> read() {
    std::optional<std::string> const body = co_await read_body();
    std::optional<Message> message;
    if (!body) co_return message;
    message.emplace();
    if (!ops_of<Message>->parse(&*message, as_bytes(*body)))
      throw std::runtime_error("the message that came is no " + std::string(ops_of<Message>->type_name()));
    co_return message;
  }
  /// RST_STREAM from the other side.
  asio::awaitable<http2::error_code> wait_reset();

  /// A message of any type in DATA frames of at most 16 KiB; bytes are a body.
  template <class Message>
  void send(Message const& message) {
    send_data(frames::message_of(message));
  }
  /// Content of DATA frames: a message, a piece of one, or anything.
  void send_data(std::string_view content, std::uint8_t flags = 0);
  void reset(http2::error_code code = http2::error_code::cancel);

 protected:
  scripted_call(std::shared_ptr<heddle::detail::scripted_connection> connection, http2::stream_id id);
  std::shared_ptr<heddle::detail::scripted_connection> connection_;
  std::shared_ptr<heddle::detail::scripted_stream> stream_;
};

/// A call that a client under test makes, answered by the test.
class served_call final : public scripted_call {
 public:
  /// Of the request, "/package.Service/Method".
  std::string_view path() const noexcept;
  header_list const& head() const noexcept;
  /// The user's metadata in it.
  heddle::metadata headers() const;

  /// The head of the answer. The first send() makes one without metadata when there was none.
  void send_headers(heddle::metadata const& headers = heddle::metadata());
  template <class Message>
  void send(Message const& message) {
    if (!head_sent()) send_headers();
    scripted_call::send(message);
  }
  /// The end: trailers, or the one block of Trailers-Only where no head was sent.
  void finish(status const& s = ok, heddle::metadata const& trailers = heddle::metadata());
  /// One message and OK.
  template <class Message>
  void answer(Message const& message) {
    send(message);
    finish();
  }

 private:
  friend class scripted_peer;
  friend class scripted_server;
  friend class heddle::detail::scripted_connection;
  using scripted_call::scripted_call;
  bool head_sent() const noexcept;
};

/// A call that the test makes of a server under test.
class made_call final : public scripted_call {
 public:
  /// The end of the request: an empty DATA frame with END_STREAM.
  void half_close();
  /// The head of the answer; in an answer of one block (Trailers-Only) that one.
  asio::awaitable<header_list> head();
  /// Reads what is left of the answer, and tells its status: what the trailers say, or what gRPC makes of a RST_STREAM.
  asio::awaitable<status> finish();
  /// After finish().
  header_list const& trailers() const noexcept;

 private:
  friend class scripted_peer;
  using scripted_call::scripted_call;
};

}  // namespace heddle::testing

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/testing/scripted_peer.hpp>  // which has the bodies
#endif
