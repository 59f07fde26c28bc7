// heddle_peer.Peer as an application writes it.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/server.hpp>

#include "peer.heddle.hpp"

namespace heddle_peer {

class peer_service final : public peer::service {
  heddle::reply<Message> echo(heddle::server_context& context, Message& request) override {
    send_back_metadata(context);
    say_whether_compressed(context);
    co_return std::move(request);
  }

  heddle::reply<void> download(heddle::server_context& context, DownloadRequest& request,
                               heddle::writer<Message>& out) override {
    send_back_metadata(context);
    Message message;
    message.set_payload(std::string(static_cast<std::size_t>(request.size()), 'd'));
    for (int i = 0; i < request.count(); ++i) {
      message.set_number(i);
      co_await out.write(message);
    }
    co_return heddle::ok;
  }

  heddle::reply<Total> upload(heddle::server_context& context, heddle::reader<Message>& in) override {
    send_back_metadata(context);
    Total total;
    while (auto const message = co_await in.read()) {
      total.set_messages(total.messages() + 1);
      total.set_bytes(total.bytes() + static_cast<std::int64_t>(message->payload().size()));
    }
    say_whether_compressed(context);
    co_return total;
  }

  heddle::reply<void> chat(heddle::server_context& context, heddle::stream<Message, Message>& both) override {
    send_back_metadata(context);
    co_await context.send_headers();
    Message message;
    while (co_await both.read(message)) co_await both.write(message);
    say_whether_compressed(context);
    co_return heddle::ok;
  }

  heddle::reply<Message> fail(heddle::server_context& context, Failure& request) override {
    send_back_metadata(context);
    co_return status_of(request);
  }

  heddle::reply<void> fail_late(heddle::server_context& context, Failure& request,
                                heddle::writer<Message>& out) override {
    send_back_metadata(context);
    co_await out.write(Message());
    co_return status_of(request);
  }

  heddle::reply<void> sleep(heddle::server_context& context, Message&, heddle::writer<TimeLeft>& out) override {
    TimeLeft left;
    auto const time = context.time_left();
    left.set_milliseconds(time ? std::chrono::duration_cast<std::chrono::milliseconds>(*time).count() : -1);
    co_await out.write(left);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::hours(1));
    try {
      co_await timer.async_wait(boost::asio::use_awaitable);
    } catch (boost::system::system_error const&) {
      if (context.cancelled()) ++woken_;
    }
    co_return heddle::status(heddle::status_code::cancelled);
  }

  heddle::reply<Total> woken(heddle::server_context&, Message&) override {
    Total total;
    total.set_messages(woken_);
    co_return total;
  }

  static void send_back_metadata(heddle::server_context& context) {
    for (auto const& [key, value] : context.request_headers()) {
      if (key.starts_with("echo-head")) context.headers().add(key, value);
      if (key.starts_with("echo-tail")) context.trailers().add(key, value);
      if (key == "answer-encoding") context.compression(value);
    }
  }

  static void say_whether_compressed(heddle::server_context& context) {
    if (context.request_compressed()) context.trailers().add("request-was", context.request_encoding());
  }

  static heddle::status status_of(Failure const& request) {
    heddle::status status(static_cast<heddle::status_code>(request.code()), request.message());
    for (Detail const& detail : request.details()) status.add_detail(detail);
    return status;
  }

  std::atomic<std::int64_t> woken_ = 0;
};

}  // namespace heddle_peer
