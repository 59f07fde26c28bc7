// A service that gives back what it gets, for tests whose server runs on threads of its own.
#pragma once

#include <heddle/server.hpp>

#include "lab.heddle.hpp"

namespace heddle::test {

class echo_service final : public lab::echo::service {
  reply<lab::Text> unary(server_context&, lab::Text& request) override { co_return request; }
  reply<void> chat(server_context&, stream<lab::Text, lab::Text>& peer) override {
    lab::Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return ok;
  }
};

}  // namespace heddle::test
