// The other end of a connection, played by a test: it hears every frame, and says what the test writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <heddle/base/metadata.hpp>
#include <heddle/http2/connection.hpp>
#include <heddle/testing/frame_codec.hpp>
#include <heddle/testing/frames.hpp>
#include <heddle/transport/memory.hpp>

namespace heddle::detail {

class scripted_connection;
class scripted_news;

}  // namespace heddle::detail

namespace heddle::testing {

class made_call;
class served_call;

/// What a scripted peer does of its own accord. `good`: its preface and SETTINGS at once, acknowledgements of SETTINGS
/// and PING, and WINDOW_UPDATE for all DATA that it hears. `none`: not a byte, the test says everything.
enum class manners : std::uint8_t { good, none };

/// A handle: copies are the same peer, whose stream is closed when the last of them and of its calls is gone. Used
/// where its stream is, on one thread. What it cannot deliver it throws as std::runtime_error, with what it heard
/// instead.
///
/// Its functions queue bytes for the stream; the other side sees them when the context runs: `clock.settle()`, or the
/// next co_await. Nothing is checked: breaking rules is what it is for. Flow control is among these: whoever sends more
/// DATA than the other side's windows (256 KiB a stream at first) breaks it.
class scripted_peer {
 public:
  scripted_peer(http2::role who, std::unique_ptr<byte_stream> stream, manners how = manners::good);
  scripted_peer(scripted_peer const&) = default;
  scripted_peer(scripted_peer&&) noexcept = default;
  scripted_peer& operator=(scripted_peer const&) = default;
  scripted_peer& operator=(scripted_peer&&) noexcept = default;
  ~scripted_peer() = default;

  // ---- what it says

  /// Any bytes: those of `frames`, those of codec(), or what is no frame at all.
  void send(std::string_view bytes);
  /// In braces the pieces are made in their order, which matters to codec().
  void send(std::initializer_list<std::string> pieces);
  /// HEADERS with END_HEADERS and `flags`.
  void send_headers(http2::stream_id id, header_list const& fields, std::uint8_t flags = 0);
  /// The writer of header blocks.
  frame_codec& codec() noexcept;

  /// No more is said; it still hears.
  void half_close();
  /// The connection is lost.
  void close();
  /// Of what is said from now on, `bytes` get through; then the connection is lost. 0: now.
  void close_after(std::size_t bytes);
  /// Hears nothing until read_on(): the other side finds its output stuck.
  void stop_reading() noexcept;
  void read_on();

  // ---- what it hears

  /// The first frame of that kind, on that stream, that nobody has taken; waits for it. Frames of other kinds stay.
  /// Throws when the connection ends first.
  asio::awaitable<received_frame> expect(http2::frame_type type, std::optional<http2::stream_id> id = std::nullopt);
  /// The same without waiting: nothing, if it is not here.
  std::optional<received_frame> take(http2::frame_type type, std::optional<http2::stream_id> id = std::nullopt);
  /// Until the other side has ended the connection.
  asio::awaitable<void> wait_end();
  bool ended() const noexcept;

  /// All frames since the last call of this or of received(), taken or not.
  std::vector<received_frame> heard();
  /// The same as text, "SETTINGS; HEADERS 1 …": see received_frame::text.
  std::string received();
  /// The bytes since the last call, whatever they are.
  std::string bytes();

  // ---- calls

  /// As a server: the next call that the other side makes on this connection.
  asio::awaitable<served_call> next_call();
  /// As a client: a call of "/package.Service/Method". Its stream is the next odd one.
  made_call call(std::string_view path, metadata const& headers = metadata());
  /// The same with a head of the test's own.
  made_call call(header_list const& head, std::uint8_t flags = 0);

 private:
  friend class scripted_server;
  scripted_peer(http2::role who, std::unique_ptr<byte_stream> stream, manners how,
                std::shared_ptr<heddle::detail::scripted_news> news);
  explicit scripted_peer(std::shared_ptr<heddle::detail::scripted_connection> connection) noexcept;
  std::shared_ptr<heddle::detail::scripted_connection> connection_;
};

}  // namespace heddle::testing

// Whose functions are here has these as results.
#include <heddle/testing/scripted_call.hpp>

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/testing/scripted_peer.ipp>
#endif
