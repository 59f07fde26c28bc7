// How a server behaves.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <heddle/base/random.hpp>
#include <heddle/base/time.hpp>
#include <heddle/http2/flow_control_options.hpp>
#include <heddle/http2/limits.hpp>
#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/gzip.hpp>
#include <heddle/rpc/message_framing.hpp>
#include <heddle/transport/channelz_records.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/interceptor.hpp>

namespace heddle {

class server_context;

/// Defaults are safe for a port that faces strangers.
class server_options {
 public:
  server_options() {}

  /// The largest request message, in bytes; a larger one is answered with RESOURCE_EXHAUSTED on its first five bytes. 0
  /// lets only empty ones in. Default 4 MiB.
  server_options& max_receive_message_size(std::size_t value) & noexcept {
    max_receive_message_size_ = value;
    return *this;
  }
  server_options&& max_receive_message_size(std::size_t value) && noexcept {
    return std::move(max_receive_message_size(value));
  }
  std::size_t max_receive_message_size() const noexcept { return max_receive_message_size_; }

  /// The largest response message, in bytes; a larger one is not sent, and ends the call with RESOURCE_EXHAUSTED. 0:
  /// only empty ones. Default 2 GiB - 1, at most 4 GiB - 1.
  server_options& max_send_message_size(std::size_t value) & noexcept {
    max_send_message_size_ = std::min(value, max_framed_message_size);
    return *this;
  }
  server_options&& max_send_message_size(std::size_t value) && noexcept {
    return std::move(max_send_message_size(value));
  }
  std::size_t max_send_message_size() const noexcept { return max_send_message_size_; }

  /// The encodings that requests may come in and answers may be compressed with. Default: gzip and deflate.
  server_options& compressors(compressor_list list) & noexcept {
    compressors_ = std::move(list);
    return *this;
  }
  server_options&& compressors(compressor_list list) && noexcept { return std::move(compressors(std::move(list))); }
  compressor_list const& compressors() const noexcept { return compressors_; }

  /// What answers are compressed with where the client takes it, unless server_context::compression() says otherwise:
  /// the name of one of compressors(), or "identity"; the server's constructor throws std::invalid_argument for another
  /// one. Default: nothing.
  server_options& compression(std::string name) & noexcept {
    compression_ = std::move(name);
    return *this;
  }
  server_options&& compression(std::string name) && noexcept { return std::move(compression(std::move(name))); }
  std::string const& compression() const noexcept { return compression_; }

  /// Serves messages in another form than protobuf's own as well: json() of <heddle/rpc/json.hpp>. Answers have the
  /// form of their request. Methods whose messages are raw_message take every form without this. Throws
  /// std::invalid_argument for a name that can't be.
  server_options& add_codec(std::shared_ptr<codec const> c) & {
    codecs_.add(std::move(c));
    return *this;
  }
  server_options&& add_codec(std::shared_ptr<codec const> c) && { return std::move(add_codec(std::move(c))); }
  codec_list const& codecs() const noexcept { return codecs_; }

  /// How long a connection may take to send its HTTP/2 preface and SETTINGS, a TLS handshake before them included. Then
  /// it is closed. Default 10 s.
  server_options& handshake_timeout(duration value) & noexcept {
    handshake_timeout_ = value;
    return *this;
  }
  server_options&& handshake_timeout(duration value) && noexcept { return std::move(handshake_timeout(value)); }
  duration handshake_timeout() const noexcept { return handshake_timeout_; }

  /// What cancelling run() gives open calls before they are reset. Default 30 s.
  server_options& grace(duration value) & noexcept {
    grace_ = value;
    return *this;
  }
  server_options&& grace(duration value) && noexcept { return std::move(grace(value)); }
  duration grace() const noexcept { return grace_; }

  /// How many connections there may be at a time. One that comes above that is closed at once, unread, before any hook
  /// of listen_options sees it, and counted: server::refused_connections(). Those count that are open, also while they
  /// are drained, and those that are gone while one of their handlers still runs. Of each server: thread_per_core() has
  /// several. Default: no limit but the process's descriptors.
  server_options& max_connections(std::size_t most) & noexcept {
    max_connections_ = most;
    return *this;
  }
  server_options&& max_connections(std::size_t most) && noexcept { return std::move(max_connections(most)); }
  std::size_t max_connections() const noexcept { return max_connections_; }

  /// How long a connection may be silent, with or without calls, before a PING asks whether the client is still there.
  /// Default 2 h, at least 1 s; `infinite`: never.
  server_options& keepalive_time(duration silence) & noexcept {
    keepalive_time_ = silence;
    return *this;
  }
  server_options&& keepalive_time(duration silence) && noexcept { return std::move(keepalive_time(silence)); }
  duration keepalive_time() const noexcept { return keepalive_time_; }
  /// How long anything at all may take to come after that PING. Then the connection is lost, and its calls are
  /// cancelled. It is the TCP_USER_TIMEOUT of TCP sockets, too, unless keepalive_time() is infinite. Default 20 s.
  server_options& keepalive_timeout(duration value) & noexcept {
    keepalive_timeout_ = value;
    return *this;
  }
  server_options&& keepalive_timeout(duration value) && noexcept { return std::move(keepalive_timeout(value)); }
  duration keepalive_timeout() const noexcept { return keepalive_timeout_; }

  /// How often clients may send PINGs. Three that come sooner, with no answer of ours in between, end their connection:
  /// GOAWAY with ENHANCE_YOUR_CALM, "too_many_pings". Default 5 min. The same as limits().min_ping_interval.
  server_options& permit_keepalive_time(duration shortest) & noexcept {
    limits_.min_ping_interval = shortest;
    return *this;
  }
  server_options&& permit_keepalive_time(duration shortest) && noexcept {
    return std::move(permit_keepalive_time(shortest));
  }
  duration permit_keepalive_time() const noexcept { return limits_.min_ping_interval; }
  /// Whether that holds without calls, too; else such PINGs may come every 2 h. Default: false. The same as
  /// limits().permit_pings_without_calls.
  server_options& permit_keepalive_without_calls(bool value) & noexcept {
    limits_.permit_pings_without_calls = value;
    return *this;
  }
  server_options&& permit_keepalive_without_calls(bool value) && noexcept {
    return std::move(permit_keepalive_without_calls(value));
  }
  bool permit_keepalive_without_calls() const noexcept { return limits_.permit_pings_without_calls; }

  /// A connection that has had no calls for this long is shut down gracefully (GOAWAY, "max_idle"). Default:
  /// `infinite`.
  server_options& max_connection_idle(duration value) & noexcept {
    max_connection_idle_ = value;
    return *this;
  }
  server_options&& max_connection_idle(duration value) && noexcept { return std::move(max_connection_idle(value)); }
  duration max_connection_idle() const noexcept { return max_connection_idle_; }
  /// A connection that is as old as this, ±10 % that are drawn for each, is shut down gracefully (GOAWAY, "max_age"),
  /// so that clients come back through the load balancer. Default: `infinite`.
  server_options& max_connection_age(duration value) & noexcept {
    max_connection_age_ = value;
    return *this;
  }
  server_options&& max_connection_age(duration value) && noexcept { return std::move(max_connection_age(value)); }
  duration max_connection_age() const noexcept { return max_connection_age_; }
  /// How long such a connection's calls may go on once the client knows that no others are taken. Then the connection
  /// is closed: handlers are cancelled, and the client sees UNAVAILABLE. Default: `infinite`.
  server_options& max_connection_age_grace(duration value) & noexcept {
    max_connection_age_grace_ = value;
    return *this;
  }
  server_options&& max_connection_age_grace(duration value) && noexcept {
    return std::move(max_connection_age_grace(value));
  }
  duration max_connection_age_grace() const noexcept { return max_connection_age_grace_; }

  /// A promise that one thread alone runs the executor: then connections need no strand. Default: false.
  server_options& single_threaded(bool value) & noexcept {
    single_threaded_ = value;
    return *this;
  }
  server_options&& single_threaded(bool value) && noexcept { return std::move(single_threaded(value)); }
  bool single_threaded() const noexcept { return single_threaded_; }

  /// Runs `f` around every call, or around those of one service ("package.Service") or method
  /// ("/package.Service/Method"). The first that is registered is the outermost. Calls of methods that nobody serves
  /// reach none.
  server_options& intercept(interceptor f) & {
    interceptors_.add({}, std::move(f));
    return *this;
  }
  server_options&& intercept(interceptor f) && { return std::move(intercept(std::move(f))); }
  server_options& intercept(std::string scope, interceptor f) & {
    interceptors_.add(std::move(scope), std::move(f));
    return *this;
  }
  server_options&& intercept(std::string scope, interceptor f) && {
    return std::move(intercept(std::move(scope), std::move(f)));
  }
  interceptor_list const& interceptors() const noexcept { return interceptors_; }

  /// Has the server and its connections recorded, for heddle::channelz to tell. Default: nothing is counted.
  server_options& channelz(channelz_records const& records) & {
    channelz_ = records.heddle_registry_();
    return *this;
  }
  server_options&& channelz(channelz_records const& records) && { return std::move(channelz(records)); }
  std::shared_ptr<detail::channelz_registry> const& used_channelz() const noexcept { return channelz_; }

  /// Called with what a handler, an interceptor, one of its hooks or a codec has thrown that is no rpc_error: the
  /// client gets UNKNOWN (of codecs INTERNAL) and not a word of it, which might be a secret. Not called for the
  /// operation_aborted of a call that was cancelled. Runs on the connection's executor, on several threads at once if
  /// there are several; what it throws itself is lost.
  using exception_hook = std::function<void(server_context&, std::exception_ptr)>;
  server_options& on_exception(exception_hook f) & {
    on_exception_ = std::move(f);
    return *this;
  }
  server_options&& on_exception(exception_hook f) && { return std::move(on_exception(std::move(f))); }
  exception_hook const& on_exception() const noexcept { return on_exception_; }

  /// Of each connection against its peer. The defaults are in http2/limits.hpp.
  http2::limits const& limits() const noexcept { return limits_; }
  server_options& limits(http2::limits const& l) & noexcept {
    limits_ = l;
    return *this;
  }
  server_options&& limits(http2::limits const& l) && noexcept { return std::move(limits(l)); }
  /// Windows of each connection; writes over those of limits(). Default: adaptive ones.
  server_options& flow_control(flow_control_options const& f) & noexcept {
    f.apply_to(limits_);
    return *this;
  }
  server_options&& flow_control(flow_control_options const& f) && noexcept { return std::move(flow_control(f)); }
  /// For tests. The clock must outlive the server. Default: system_clock().
  server_options& use_clock(clock& c) & noexcept {
    clock_ = &c;
    return *this;
  }
  server_options&& use_clock(clock& c) && noexcept { return std::move(use_clock(c)); }
  clock& used_clock() const noexcept { return *clock_; }
  /// For tests: what jitter is drawn from, on the server's executor. Null, the default: a source of the server's own.
  server_options& use_random(std::shared_ptr<random_source> r) & noexcept {
    random_ = std::move(r);
    return *this;
  }
  server_options&& use_random(std::shared_ptr<random_source> r) && noexcept {
    return std::move(use_random(std::move(r)));
  }
  std::shared_ptr<random_source> const& used_random() const noexcept { return random_; }

 private:
  std::size_t max_receive_message_size_ = 4 * 1024 * 1024;
  std::size_t max_send_message_size_ = 0x7fffffff;
  std::size_t max_connections_ = std::numeric_limits<std::size_t>::max();
  duration handshake_timeout_ = std::chrono::seconds(10);
  duration grace_ = std::chrono::seconds(30);
  duration keepalive_time_ = std::chrono::hours(2), keepalive_timeout_ = std::chrono::seconds(20);
  duration max_connection_idle_ = infinite, max_connection_age_ = infinite, max_connection_age_grace_ = infinite;
  bool single_threaded_ = false;
  std::string compression_;
  compressor_list compressors_ = default_compressors();
  codec_list codecs_;
  interceptor_list interceptors_;
  exception_hook on_exception_;
  http2::limits limits_;
  clock* clock_ = &system_clock();
  std::shared_ptr<detail::channelz_registry> channelz_;
  std::shared_ptr<random_source> random_;
};

}  // namespace heddle
