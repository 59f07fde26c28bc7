// The connection of a channel to one of its addresses: connected when wanted, again after a loss, with backoff.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/client/channel_options.hpp>
#include <heddle/client/connectivity.hpp>
#include <heddle/client/connector.hpp>
#include <heddle/client/resolver.hpp>
#include <heddle/rpc/backoff.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/http2_driver.hpp>
#include <heddle/transport/thread_check.hpp>

namespace heddle {

namespace detail {

class subchannel_user {
 public:
  /// `why` is set for transient_failure.
  virtual void on_state(connectivity state, status const& why) = 0;
  /// The ready connection may take more calls.
  virtual void on_room() = 0;
  /// For a new connection.
  virtual duration keepalive_time() const noexcept = 0;
  /// A server has closed a connection because it asked too often, every `time`.
  virtual void on_too_many_pings(duration time) = 0;

 protected:
  ~subchannel_user() = default;
};

/// pick_first: tries the addresses in their order and stays with the first that answers with SETTINGS.
/// Used on the channel's executor.
class subchannel final : private deadline_item {
 public:
  subchannel(subchannel_user& user, channel_options const& options, target const& name, std::string const& authority,
             asio::any_io_executor executor, deadline_queue& deadlines, std::shared_ptr<channelz_node> const& recorded);
  ~subchannel();

  connectivity state() const noexcept { return state_; }
  /// What a call that has no stream waits for, in words.
  std::string wanted() const;
  /// Of the last failure to connect.
  status const& last_error() const noexcept { return last_error_; }
  /// Starts to connect, unless it is at it, has succeeded, or waits between two attempts.
  void connect();
  /// Ends that wait.
  void reset_backoff();
  /// The connection for a new call; null when there is none with room.
  transport::http2_driver* driver_with_room() const noexcept;
  /// Lets go of the connection, which ends when its calls have. The next connect() makes another.
  void go_idle();
  /// Ends all connections, also those that only finish old calls.
  void close();

 private:
  class connection;
  enum class step : std::uint8_t { none, connecting, waiting };

  void resolved(result<std::vector<endpoint>> addresses);
  void try_next();
  void note_failure(status why);
  void connected(result<std::unique_ptr<byte_stream>> stream);
  void failed(status why);
  void became_ready();
  void lost(connection& c, status const& why);
  void leave_current(status const& why);
  HEDDLE_DECL void on_deadline() override;
  void set_state(connectivity state);

  subchannel_user& user_;
  channel_options const& options_;
  target const& name_;
  std::string const& authority_;
  asio::any_io_executor executor_;
  deadline_queue& deadlines_;
  std::shared_ptr<channelz_node> channelz_;
  connectivity state_ = connectivity::idle;
  status last_error_;
  backoff backoff_;
  time_point attempt_started_;
  step step_ = step::none;
  std::shared_ptr<thread_check> check_;  // null: no promise
  std::unique_ptr<resolver> resolver_;
  std::unique_ptr<connection_attempt> attempt_;
  std::vector<endpoint> addresses_;
  std::size_t next_address_ = 0;
  std::list<std::unique_ptr<connection>> connections_;
  connection* current_ = nullptr;
};

}  // namespace detail

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/subchannel.ipp>
#endif
