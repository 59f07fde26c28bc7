// How a server behaves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <heddle/base/time.hpp>
#include <heddle/http2/limits.hpp>
#include <heddle/rpc/gzip.hpp>
#include <heddle/transport/channelz_records.hpp>
#include <heddle/transport/clock.hpp>
#include <heddle/transport/interceptor.hpp>

namespace heddle {

/// Defaults are safe for a port that faces strangers.
class server_options {
 public:
  server_options() {}

  /// The largest request message, in bytes; a larger one is answered with RESOURCE_EXHAUSTED on its first five bytes.
  server_options& max_receive_message_size(std::size_t value) & noexcept {
    max_receive_message_size_ = value;
    return *this;
  }
  server_options&& max_receive_message_size(std::size_t value) && noexcept {
    return std::move(max_receive_message_size(value));
  }
  std::size_t max_receive_message_size() const noexcept { return max_receive_message_size_; }

  /// The largest response message, in bytes.
  server_options& max_send_message_size(std::size_t value) & noexcept {
    max_send_message_size_ = value;
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

  /// What answers are compressed with where the client takes it, unless server_context::compression() says otherwise: the
  /// name of one of compressors(), or "identity". Default: nothing.
  server_options& compression(std::string name) & noexcept {
    compression_ = std::move(name);
    return *this;
  }
  server_options&& compression(std::string name) && noexcept { return std::move(compression(std::move(name))); }
  std::string const& compression() const noexcept { return compression_; }

  /// How long a connection may take to send its HTTP/2 preface and SETTINGS.
  server_options& handshake_timeout(duration value) & noexcept {
    handshake_timeout_ = value;
    return *this;
  }
  server_options&& handshake_timeout(duration value) && noexcept { return std::move(handshake_timeout(value)); }
  duration handshake_timeout() const noexcept { return handshake_timeout_; }

  /// What cancelling run() gives open calls before they are reset.
  server_options& grace(duration value) & noexcept {
    grace_ = value;
    return *this;
  }
  server_options&& grace(duration value) && noexcept { return std::move(grace(value)); }
  duration grace() const noexcept { return grace_; }

  /// A promise that one thread alone runs the executor: then connections need no strand.
  server_options& single_threaded(bool value) & noexcept {
    single_threaded_ = value;
    return *this;
  }
  server_options&& single_threaded(bool value) && noexcept { return std::move(single_threaded(value)); }
  bool single_threaded() const noexcept { return single_threaded_; }

  /// Runs `f` around every call, or around those of one service ("package.Service") or method ("/package.Service/Method").
  /// The first that is registered is the outermost. Calls of methods that nobody serves reach none.
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

  /// Of each connection against its peer.
  http2::limits const& limits() const noexcept { return limits_; }
  server_options& limits(http2::limits const& l) & noexcept {
    limits_ = l;
    return *this;
  }
  server_options&& limits(http2::limits const& l) && noexcept { return std::move(limits(l)); }
  /// For tests. The clock must outlive the server.
  server_options& use_clock(clock& c) & noexcept {
    clock_ = &c;
    return *this;
  }
  server_options&& use_clock(clock& c) && noexcept { return std::move(use_clock(c)); }
  clock& used_clock() const noexcept { return *clock_; }

 private:
  std::size_t max_receive_message_size_ = 4 * 1024 * 1024;
  std::size_t max_send_message_size_ = 0x7fffffff;
  duration handshake_timeout_ = std::chrono::seconds(10);
  duration grace_ = std::chrono::seconds(30);
  bool single_threaded_ = false;
  std::string compression_;
  compressor_list compressors_ = default_compressors();
  interceptor_list interceptors_;
  http2::limits limits_;
  clock* clock_ = &system_clock();
  std::shared_ptr<detail::channelz_registry> channelz_;
};

}  // namespace heddle
