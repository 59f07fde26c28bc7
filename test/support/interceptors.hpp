// Interceptors as applications write them: logging, authorising, counting messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "support/lab.hpp"

namespace heddle::test {

/// Notes how each call ended.
//[log
class call_log {
 public:
  interceptor make(std::string name) {
    return [this, name](call_context& call, next inner) -> asio::awaitable<status> {
      lines.push_back(name + " > " + std::string(call.method().name()));
      status const s = co_await inner();
      lines.push_back(name + " < " + std::string(call.method().name()) + " " + std::string(to_string(s.code())));
      co_return s;
    };
  }
  std::vector<std::string> lines;
};
//]

/// Client: adds a token. Server: refuses calls without it.
//[token
inline interceptor give_token(std::string token) {
  return [token](call_context& call, next inner) -> asio::awaitable<status> {
    call.request_headers().add("authorization", token);
    co_return co_await inner();
  };
}
inline interceptor want_token(std::string token) {
  return [token](call_context& call, next inner) -> asio::awaitable<status> {
    if (call.request_headers().get("authorization") != token)
      co_return status(status_code::unauthenticated, "a token is wanted");
    co_return co_await inner();
  };
}
//]

/// Counts messages.
//[count
class message_count {
 public:
  interceptor make() {
    return [this](call_context& call, next inner) -> asio::awaitable<status> {
      int requests = 0, responses = 0;
      auto const request = [&requests](message_view&) {
        ++requests;
        return status();
      };
      auto const response = [&responses](message_view&) {
        ++responses;
        return status();
      };
      call.on_request(request);
      call.on_response(response);
      status const s = co_await inner();
      counts[std::string(call.method().name())] =
          std::to_string(requests) + " in, " + std::to_string(responses) + " out";
      co_return s;
    };
  }
  std::map<std::string, std::string> counts;
};
//]

/// Hooks that leave a trace in what they see.
inline status louder(message_view& message) {
  message.edit<Text>()->set_text(message.get<Text>()->text() + "!");
  return {};
}
inline void mark(metadata& headers) { headers.add("seen", "yes"); }

}  // namespace heddle::test
