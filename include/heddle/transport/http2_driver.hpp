// Drives one HTTP/2 connection over a byte stream: one read, all its frames, the ready handlers, one write.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <heddle/base/config.hpp>
#include <heddle/http2/connection.hpp>
#include <heddle/rpc/exchange.hpp>
#include <heddle/transport/byte_stream.hpp>
#include <heddle/transport/channelz_registry.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/connection_age.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/http2_exchange.hpp>
#include <heddle/transport/keepalive.hpp>
#include <heddle/transport/known_answer.hpp>
#include <heddle/transport/low_watermark.hpp>
#include <heddle/transport/ready_queue.hpp>
#include <heddle/transport/thread_check.hpp>

namespace heddle::transport {

/// Whom a driver serves: a server session, or a client's subchannel. Called on the driver's executor.
class http2_driver_user {
 public:
  /// Server: somebody to take the request. Must not be null.
  virtual rpc::exchange_events& on_request(http2_exchange& exchange) = 0;
  /// Client: open() may succeed again, or is_ready() has become true.
  virtual void on_room() = 0;
  /// Client: no new call fits here any more; those under way go on, unless the connection failed. OK: its ids are
  /// spent.
  virtual void on_retired(status const& why) = 0;
  /// The last call. All exchanges are gone.
  virtual void on_closed(status const& why) = 0;

 protected:
  ~http2_driver_user() = default;
};

/// Lives on the executor of its stream: everything is called there. Kept alive by its own operations until closed.
class http2_driver final : public byte_stream_user, private http2::sink, private deadline_item {
 public:
  HEDDLE_DECL http2_driver(http2::role who, std::unique_ptr<byte_stream> stream, http2::limits const& limits, clock& c,
                           duration handshake_timeout);
  HEDDLE_DECL ~http2_driver() override;

  /// Begins to read and write. `user` must live until on_closed(), or until detach().
  HEDDLE_DECL void start(http2_driver_user& user);
  /// What owns the connection has promised one thread: see to it. Before start().
  void check_threads(std::shared_ptr<heddle::detail::thread_check> check) noexcept { check_ = std::move(check); }
  /// Has the connection recorded for channelz. Before start().
  HEDDLE_DECL void record(std::shared_ptr<heddle::detail::channelz_node> parent);
  /// Null: it is not.
  heddle::detail::channelz_node* channelz() const noexcept { return channelz_.get(); }
  /// What ends the connection besides its peer. Before start(); without it nothing does.
  void watch(keepalive const& k, connection_age const& a = connection_age()) noexcept {
    keepalive_ = k;
    age_ = a;
  }
  /// No more calls of the user.
  void detach() noexcept { user_ = nullptr; }

  /// Client: a new exchange, or null when there is no room.
  HEDDLE_DECL rpc::exchange* open(header_list const& head, rpc::exchange_events& events);
  bool can_open() const noexcept { return !closed_ && ready_ && connection_.can_open(); }
  /// header_list::list_size() above it is more than the peer wants to see.
  std::size_t header_limit() const noexcept { return connection_.peer_settings().max_header_list_size; }
  /// The peer's SETTINGS have come.
  bool is_ready() const noexcept { return ready_; }
  bool is_retired() const noexcept { return closed_ || connection_.retired(); }
  /// PINGs that have asked whether the peer is still there.
  std::uint64_t keepalives_sent() const noexcept { return keepalive_.times_asked(); }
  /// Client: the server has closed the connection for the PINGs on it.
  bool is_told_too_many_pings() const noexcept { return too_many_pings_; }

  /// Resumes `item` after the batch that is being read, or soon.
  HEDDLE_DECL void schedule(ready_item& item);
  void unschedule(ready_item& item) noexcept { ready_items_.remove(item); }
  /// Output was queued outside of a batch: one posted flush sends it.
  HEDDLE_DECL void flush_soon();

  /// GOAWAY; on_closed() once the last call has ended.
  HEDDLE_DECL void shut_down();
  /// Ends all exchanges and the stream, without waiting for anybody.
  HEDDLE_DECL void close(status const& why);

  /// Client: for who reads answers.
  known_answer& last_answer() noexcept { return last_answer_; }

  deadline_queue& deadlines() noexcept { return deadlines_; }
  clock& get_clock() const noexcept { return clock_; }
  asio::any_io_executor const& get_executor() const noexcept { return executor_; }
  std::string const& peer() const noexcept { return peer_; }
  bool is_secure() const noexcept { return stream_->is_secure(); }
  std::shared_ptr<auth_info const> auth() const { return stream_->auth(); }
  http2::connection const& connection() const noexcept { return connection_; }

 private:
  friend class http2_exchange;

  HEDDLE_DECL void on_read(error_code ec, std::size_t n) override;
  HEDDLE_DECL void on_writable(error_code ec) override;
  HEDDLE_DECL void on_deadline() override;

  HEDDLE_DECL void on_headers(http2::stream& s, header_list const& fields, bool end_stream,
                              http2::block_size size) override;
  HEDDLE_DECL void on_data(http2::stream& s, bytes_view bytes, bool end_stream) override;
  HEDDLE_DECL void on_trailers(http2::stream& s, header_list const& fields, http2::block_size size) override;
  HEDDLE_DECL void on_reset(http2::stream& s, http2::stream_reset const& how) override;
  HEDDLE_DECL void on_writable(http2::stream& s) override;
  HEDDLE_DECL void on_room() override;
  HEDDLE_DECL void on_goaway(http2::stream_id last, http2::error_code code, std::string_view debug) override;
  HEDDLE_DECL void on_ping_ack(std::uint64_t payload) override;
  HEDDLE_DECL void on_failure(http2::failure const& what) override;

  void read_more();
  void take_input();
  void run_ready();
  void settle();
  void set_low_watermark();
  void tell_low_watermark();
  void flush();
  std::size_t write_output(error_code& ec);
  void after_batch();
  void look_at_life();
  enum class ping_order : bool { ahead, behind_calls };
  void ask_whether_alive(ping_order order);
  time_point next_look() const noexcept;
  status why_retired() const;
  void linger();
  void post_round();
  void round();
  void lose(std::string const& why);
  void finish_close();
  enum class prefix : std::uint8_t { more, http1, http2 };
  prefix first_bytes() const;
  std::string_view not_http2() const;
  void update_channelz();
  void answer_http1();
  http2_exchange& make_exchange(http2::stream& s);
  void recycle(http2_exchange& e);
  bool is_server() const noexcept { return who_ == http2::role::server; }

  http2::role const who_;
  std::unique_ptr<byte_stream> stream_;
  asio::any_io_executor executor_;
  clock& clock_;
  duration const handshake_timeout_;
  std::string const peer_;
  std::shared_ptr<heddle::detail::thread_check> check_;
  std::shared_ptr<heddle::detail::channelz_node> channelz_;
  http2_driver_user* user_ = nullptr;
  deadline_queue deadlines_;
  http2::connection connection_;
  time_point now_;

  byte_buffer input_;
  std::size_t read_size_ = 2048;
  unsigned quiet_reads_ = 0;
  std::size_t missing_ = 0;  // of a large message
  low_watermark low_watermark_;
  http2::output output_;
  std::vector<asio::const_buffer> parts_;  // of output_, for one write
  bool reading_ = false, paused_ = false, write_blocked_ = false;
  bool in_batch_ = false, round_posted_ = false;
  bool ready_ = false, retired_told_ = false, preface_checked_ = false;
  bool lost_ = false;  // no more exchanges
  bool lingering_ = false;  // we said our last word and read on until the peer hears it
  bool closed_ = false;
  time_point handshake_until_ = never, linger_until_ = never;
  keepalive keepalive_;
  connection_age age_;
  bool too_many_pings_ = false;
  status closed_with_;
  std::string goaway_text_;
  known_answer last_answer_;

  ready_queue ready_items_;
  std::vector<http2_exchange*> touched_;
  std::vector<std::unique_ptr<http2_exchange>> exchanges_;
  std::vector<http2_exchange*> free_exchanges_;
};

}  // namespace heddle::transport

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/transport/http2_driver.ipp>
#include <heddle/transport/http2_driver_sink.ipp>
#include <heddle/transport/http2_exchange.ipp>
#endif
