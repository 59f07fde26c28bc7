// What the cases of interop_client share: where they run, and how they say that something is wrong.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include <heddle/client.hpp>

#include "flags.hpp"
#include "grpc/testing/test.heddle.hpp"

namespace interop {

namespace asio = boost::asio;
using namespace grpc::testing;
using client = test_service::client;

/// The server at hand, and the channel to it that a case may use; also new ones.
class environment {
 public:
  environment(asio::any_io_executor executor, flags const& given, std::string target, heddle::channel_options options)
      : executor_(std::move(executor)),
        given_(given),
        target_(std::move(target)),
        options_(std::move(options)),
        channel_(new_channel()) {}

  heddle::channel& channel() noexcept { return channel_; }
  heddle::channel new_channel() const { return heddle::channel(executor_, target_, options_); }
  std::string const& target() const noexcept { return target_; }
  std::string flag(std::string const& name, std::string fallback) const {
    return given_.get(name, std::move(fallback));
  }
  int number(std::string const& name, int fallback) const { return std::stoi(flag(name, std::to_string(fallback))); }

 private:
  asio::any_io_executor executor_;
  flags const& given_;
  std::string const target_;
  heddle::channel_options const options_;
  heddle::channel channel_;
};

using test_case = std::function<asio::awaitable<void>(environment&)>;
using case_map = std::map<std::string, test_case>;

inline void check(bool holds, std::string const& what) {
  if (!holds) throw std::runtime_error(what);
}

inline void check_code(heddle::status const& s, heddle::status_code code) {
  check(s.code() == code, "wrong status: " + to_string(s));
}

inline Payload zeros(std::size_t size) {
  Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

inline SimpleRequest large_request() {
  SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = zeros(271828);
  return request;
}

inline constexpr std::array<int, 4> request_sizes = {27182, 8, 1828, 45904};
inline constexpr std::array<int, 4> response_sizes = {31415, 9, 2653, 58979};

inline StreamingOutputCallRequest ping(std::size_t i) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(response_sizes[i]);
  *request.mutable_payload() = zeros(static_cast<std::size_t>(request_sizes[i]));
  return request;
}

template <class Call>
asio::awaitable<heddle::status> end_of(Call& call) {
  try {
    while (true) {
      auto const response = co_await call.read();
      if (!response) co_return heddle::ok;
    }
  } catch (heddle::rpc_error const& e) {
    co_return e.status();
  }
}

}  // namespace interop
