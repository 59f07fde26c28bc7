// What a client can wait for, with a completion token.
#pragma once

#include <utility>

#include "support/lab.hpp"

namespace heddle::test {

/// One operation of each kind, for a token of the test's choice, in the order in which a call has them.
template <class F>
void each_operation(world& w, F run) {
  lab::echo::client client = w.client();
  run("connect", [&w](auto&& token) { return w.channel->connect(std::forward<decltype(token)>(token)); });
  run("wait_for_change", [&w](auto&& token) {
    return w.channel->wait_for_change(connectivity::idle, std::forward<decltype(token)>(token));
  });
  run("unary", [&](auto&& token) {
    Text const gone = text("unary");
    return client.unary(gone, std::forward<decltype(token)>(token));
  });
  run("unary with options", [&](auto&& token) {
    return client.unary(text("unary"), call_options().timeout(1s), std::forward<decltype(token)>(token));
  });
  auto chat = client.chat();
  run("write", [&](auto&& token) { return chat.write(text("x"), std::forward<decltype(token)>(token)); });
  run("headers", [&](auto&& token) { return chat.headers(std::forward<decltype(token)>(token)); });
  run("read", [&](auto&& token) { return chat.read(std::forward<decltype(token)>(token)); });
  run("writes_done", [&](auto&& token) { return chat.writes_done(std::forward<decltype(token)>(token)); });
  Text into;
  run("read into", [&](auto&& token) { return chat.read(into, std::forward<decltype(token)>(token)); });
  auto upload = client.upload();
  run("upload write", [&](auto&& token) { return upload.write(text("x"), std::forward<decltype(token)>(token)); });
  run("upload writes_done", [&](auto&& token) { return upload.writes_done(std::forward<decltype(token)>(token)); });
  run("finish", [&](auto&& token) { return upload.finish(std::forward<decltype(token)>(token)); });
}

}  // namespace heddle::test
