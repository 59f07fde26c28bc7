// How a channel behaves.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <heddle/base/random.hpp>
#include <heddle/base/time.hpp>
#include <heddle/client/connector.hpp>
#include <heddle/client/resolver.hpp>
#include <heddle/http2/flow_control_options.hpp>
#include <heddle/http2/limits.hpp>
#include <heddle/rpc/backoff.hpp>
#include <heddle/rpc/codec.hpp>
#include <heddle/rpc/gzip.hpp>
#include <heddle/rpc/message_framing.hpp>
#include <heddle/transport/channelz_records.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/interceptor.hpp>

namespace heddle {

class channel_options {
 public:
  channel_options() {}

  /// The largest response message, in bytes, unless a call says otherwise. Default 4 MiB.
  channel_options& max_receive_message_size(std::size_t bytes) & noexcept {
    max_receive_ = bytes;
    return *this;
  }
  channel_options&& max_receive_message_size(std::size_t bytes) && noexcept {
    return std::move(max_receive_message_size(bytes));
  }
  /// The largest request message, in bytes, unless a call says otherwise. Default 2 GiB - 1, at most 4 GiB - 1: gRPC
  /// has four bytes for it.
  channel_options& max_send_message_size(std::size_t bytes) & noexcept {
    max_send_ = std::min(bytes, max_framed_message_size);
    return *this;
  }
  channel_options&& max_send_message_size(std::size_t bytes) && noexcept {
    return std::move(max_send_message_size(bytes));
  }

  /// What :authority says. Default: the host and port of the target. Characters 0x21 to 0x7E; of anything else the
  /// channel's constructor makes a std::invalid_argument.
  channel_options& authority(std::string text) & {
    authority_ = std::move(text);
    return *this;
  }
  channel_options&& authority(std::string text) && { return std::move(authority(std::move(text))); }
  /// Goes in front of the library's own user-agent. Characters 0x20 to 0x7E, no blank in front; of anything else the
  /// channel's constructor makes a std::invalid_argument.
  channel_options& user_agent(std::string text) & {
    user_agent_ = std::move(text);
    return *this;
  }
  channel_options&& user_agent(std::string text) && { return std::move(user_agent(std::move(text))); }

  /// Between attempts to connect.
  channel_options& backoff(backoff_options const& b) & noexcept {
    backoff_ = b;
    return *this;
  }
  channel_options&& backoff(backoff_options const& b) && noexcept { return std::move(backoff(b)); }

  /// A promise that one thread alone runs the executor: then the channel needs no strand, and calls from coroutines on
  /// that very executor take the shortest way. Default: false.
  channel_options& single_threaded(bool promise) & noexcept {
    single_threaded_ = promise;
    return *this;
  }
  channel_options&& single_threaded(bool promise) && noexcept { return std::move(single_threaded(promise)); }

  /// What a call keeps of its request to be able to send it again on another connection, in bytes. Default 256 KiB.
  channel_options& replay_limit(std::size_t bytes) & noexcept {
    replay_limit_ = bytes;
    return *this;
  }
  channel_options&& replay_limit(std::size_t bytes) && noexcept { return std::move(replay_limit(bytes)); }
  /// What all calls of the channel together keep for that, in bytes: beyond it a call that writes more can't be sent
  /// again. Default 16 MiB.
  channel_options& channel_replay_limit(std::size_t bytes) & noexcept {
    channel_replay_limit_ = bytes;
    return *this;
  }
  channel_options&& channel_replay_limit(std::size_t bytes) && noexcept {
    return std::move(channel_replay_limit(bytes));
  }

  /// Runs `f` around every call, or around those of one service ("package.Service") or method
  /// ("/package.Service/Method"). The first that is registered is the outermost.
  channel_options& intercept(interceptor f) & {
    interceptors_.add({}, std::move(f));
    return *this;
  }
  channel_options&& intercept(interceptor f) && { return std::move(intercept(std::move(f))); }
  channel_options& intercept(std::string scope, interceptor f) & {
    interceptors_.add(std::move(scope), std::move(f));
    return *this;
  }
  channel_options&& intercept(std::string scope, interceptor f) && {
    return std::move(intercept(std::move(scope), std::move(f)));
  }

  /// Who turns names into addresses, made once a channel, and again when it took too long. Default: the system's DNS.
  channel_options& use_resolver(resolver_factory f) & {
    resolver_ = std::move(f);
    return *this;
  }
  channel_options&& use_resolver(resolver_factory f) && { return std::move(use_resolver(std::move(f))); }
  /// Who connects to an address: connect_tls(), connect_with() or one of your own. Default: connect_socket(), without
  /// TLS.
  channel_options& use_connector(connector f) & {
    connector_ = std::move(f);
    return *this;
  }
  channel_options&& use_connector(connector f) && { return std::move(use_connector(std::move(f))); }
  /// Sees each socket of the channel before it connects, on the channel's executor. Default: nothing.
  channel_options& on_open(open_hook f) & {
    on_open_ = std::move(f);
    return *this;
  }
  channel_options&& on_open(open_hook f) && { return std::move(on_open(std::move(f))); }
  /// For tests. The clock must outlive the channel.
  channel_options& use_clock(clock& c) & noexcept {
    clock_ = &c;
    return *this;
  }
  channel_options&& use_clock(clock& c) && noexcept { return std::move(use_clock(c)); }
  /// For tests: what jitter is drawn from. Default: a source of the channel's own.
  channel_options& use_random(std::shared_ptr<random_source> r) & noexcept {
    random_ = std::move(r);
    return *this;
  }
  channel_options&& use_random(std::shared_ptr<random_source> r) && noexcept {
    return std::move(use_random(std::move(r)));
  }
  /// How much a server may ask of a connection, and how often. Their windows are flow_control()'s, when that comes
  /// later. Default: http2::limits as it is made.
  channel_options& limits(http2::limits const& l) & noexcept {
    limits_ = l;
    return *this;
  }
  channel_options&& limits(http2::limits const& l) && noexcept { return std::move(limits(l)); }
  /// Windows of each connection; writes over those of limits(). Default: adaptive ones.
  channel_options& flow_control(flow_control_options const& f) & noexcept {
    f.apply_to(limits_);
    return *this;
  }
  channel_options&& flow_control(flow_control_options const& f) && noexcept { return std::move(flow_control(f)); }

  /// Has the channel and its connections recorded, for heddle::channelz to tell. Default: nothing is counted.
  channel_options& channelz(channelz_records const& records) & {
    channelz_ = records.heddle_registry_();
    return *this;
  }
  channel_options&& channelz(channelz_records const& records) && { return std::move(channelz(records)); }

  /// How long a connection with calls may be silent before a PING asks whether the server is still there. At least 10
  /// s: less counts as 10 s. Servers close connections that ask more often than they permit (gRPC's: every 5 min); a
  /// channel to which that happens doubles its time for new connections. Default: `infinite`, never.
  channel_options& keepalive_time(duration silence) & noexcept {
    keepalive_time_ = silence;
    return *this;
  }
  channel_options&& keepalive_time(duration silence) && noexcept { return std::move(keepalive_time(silence)); }
  /// How long anything at all may take to come after that PING. Then the connection is lost, and its calls end with
  /// UNAVAILABLE. With keepalive on it is the TCP_USER_TIMEOUT of TCP sockets, too. Default 20 s.
  channel_options& keepalive_timeout(duration value) & noexcept {
    keepalive_timeout_ = value;
    return *this;
  }
  channel_options&& keepalive_timeout(duration value) && noexcept { return std::move(keepalive_timeout(value)); }
  /// Asks without calls, too: only for servers that permit it. Default: false.
  channel_options& keepalive_without_calls(bool value) & noexcept {
    keepalive_without_calls_ = value;
    return *this;
  }
  channel_options&& keepalive_without_calls(bool value) && noexcept {
    return std::move(keepalive_without_calls(value));
  }
  /// Called on the channel's executor when a server has closed a connection for its PINGs (GOAWAY, too_many_pings),
  /// with the keepalive time of new connections from then on. Log it: somebody has to change an option. Default, also
  /// of an empty function: a line on stderr (gRFC A8). Not called once the channel is destroyed; a call may be under
  /// way when that happens on another thread.
  channel_options& on_too_many_pings(std::function<void(duration)> f) & {
    on_too_many_pings_ = std::move(f);
    return *this;
  }
  channel_options&& on_too_many_pings(std::function<void(duration)> f) && {
    return std::move(on_too_many_pings(std::move(f)));
  }

  /// A channel without calls for so long, twice that at most, lets go of its connection; the next call connects anew.
  /// Default: 30 min. `infinite`: it never does.
  channel_options& idle_timeout(duration value) & noexcept {
    idle_timeout_ = value;
    return *this;
  }
  channel_options&& idle_timeout(duration value) && noexcept { return std::move(idle_timeout(value)); }

  /// The encodings that requests may be compressed with and answers may come in. Default: gzip and deflate.
  channel_options& compressors(compressor_list list) & noexcept {
    compressors_ = std::move(list);
    return *this;
  }
  channel_options&& compressors(compressor_list list) && noexcept { return std::move(compressors(std::move(list))); }
  /// What requests are compressed with, unless a call says otherwise: the name of one of compressors(), or "identity".
  /// Default: nothing.
  channel_options& compression(std::string name) & noexcept {
    compression_ = std::move(name);
    return *this;
  }
  channel_options&& compression(std::string name) && noexcept { return std::move(compression(std::move(name))); }

  /// The form of messages instead of protobuf's own, unless a call says otherwise: json() of <heddle/rpc/json.hpp>.
  /// Calls of raw_message do not ask for it. Default: null, which is protobuf's own.
  channel_options& codec(std::shared_ptr<heddle::codec const> c) & noexcept {
    codec_ = std::move(c);
    return *this;
  }
  channel_options&& codec(std::shared_ptr<heddle::codec const> c) && noexcept { return std::move(codec(std::move(c))); }

  std::size_t max_receive_message_size() const noexcept { return max_receive_; }
  std::size_t max_send_message_size() const noexcept { return max_send_; }
  std::string const& authority() const noexcept { return authority_; }
  std::string const& user_agent() const noexcept { return user_agent_; }
  backoff_options const& backoff() const noexcept { return backoff_; }
  bool single_threaded() const noexcept { return single_threaded_; }
  std::size_t replay_limit() const noexcept { return replay_limit_; }
  std::size_t channel_replay_limit() const noexcept { return channel_replay_limit_; }
  interceptor_list const& interceptors() const noexcept { return interceptors_; }
  resolver_factory const& used_resolver() const noexcept { return resolver_; }
  connector const& used_connector() const noexcept { return connector_; }
  open_hook const& on_open() const noexcept { return on_open_; }
  clock& used_clock() const noexcept { return *clock_; }
  std::shared_ptr<random_source> const& used_random() const noexcept { return random_; }
  http2::limits const& limits() const noexcept { return limits_; }
  duration keepalive_time() const noexcept { return keepalive_time_; }
  duration keepalive_timeout() const noexcept { return keepalive_timeout_; }
  bool keepalive_without_calls() const noexcept { return keepalive_without_calls_; }
  std::function<void(duration)> const& on_too_many_pings() const noexcept { return on_too_many_pings_; }
  duration idle_timeout() const noexcept { return idle_timeout_; }
  compressor_list const& compressors() const noexcept { return compressors_; }
  std::string const& compression() const noexcept { return compression_; }
  std::shared_ptr<detail::channelz_registry> const& used_channelz() const noexcept { return channelz_; }
  std::shared_ptr<heddle::codec const> const& codec() const noexcept { return codec_; }

 private:
  std::size_t max_receive_ = 4 * 1024 * 1024, max_send_ = 0x7fffffff, replay_limit_ = 256 * 1024;
  std::size_t channel_replay_limit_ = 16 * 1024 * 1024;
  std::string authority_, user_agent_, compression_;
  compressor_list compressors_ = default_compressors();
  std::shared_ptr<heddle::codec const> codec_;
  backoff_options backoff_;
  duration keepalive_time_ = infinite, keepalive_timeout_ = std::chrono::seconds(20);
  duration idle_timeout_ = std::chrono::minutes(30);
  bool keepalive_without_calls_ = false;
  std::function<void(duration)> on_too_many_pings_;
  bool single_threaded_ = false;
  resolver_factory resolver_ = &make_dns_resolver;
  connector connector_ = &connect_socket;
  open_hook on_open_;
  clock* clock_ = &system_clock();
  std::shared_ptr<random_source> random_;  // null: one of the channel's own
  interceptor_list interceptors_;
  http2::limits limits_;
  std::shared_ptr<detail::channelz_registry> channelz_;
};

}  // namespace heddle
