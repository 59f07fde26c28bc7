#pragma once

#include <utility>

#include <heddle/rpc/grpc_protocol.hpp>
#include <heddle/rpc/http_mapping.hpp>
#include <heddle/rpc/status_fields.hpp>
#include <heddle/testing/scripted_link.hpp>
#include <heddle/testing/scripted_peer.hpp>

namespace heddle::testing {

// ---- the connection

HEDDLE_DECL scripted_peer::scripted_peer(http2::role who, std::unique_ptr<byte_stream> stream, manners how,
                                         std::shared_ptr<heddle::detail::scripted_news> news)
    : connection_(std::make_shared<heddle::detail::scripted_connection>(
          std::make_shared<heddle::detail::scripted_link>(who, std::move(stream), how, std::move(news)))) {}

HEDDLE_DECL scripted_peer::scripted_peer(http2::role who, std::unique_ptr<byte_stream> stream, manners how)
    : scripted_peer(who, std::move(stream), how, nullptr) {}

HEDDLE_DECL scripted_peer::scripted_peer(std::shared_ptr<heddle::detail::scripted_connection> connection) noexcept
    : connection_(std::move(connection)) {}

HEDDLE_DECL void scripted_peer::send(std::string_view bytes) { (*connection_)->say(bytes); }
HEDDLE_DECL void scripted_peer::send(std::initializer_list<std::string> pieces) {
  std::string all;
  for (std::string const& piece : pieces) all += piece;
  send(std::string_view(all));
}
HEDDLE_DECL void scripted_peer::send_headers(http2::stream_id id, header_list const& fields, std::uint8_t flags) {
  send(codec().headers(id, fields, flags));
}
HEDDLE_DECL frame_codec& scripted_peer::codec() noexcept { return (*connection_)->codec; }
HEDDLE_DECL void scripted_peer::half_close() { (*connection_)->half_close(); }
HEDDLE_DECL void scripted_peer::close() { (*connection_)->close(); }
HEDDLE_DECL void scripted_peer::close_after(std::size_t bytes) { (*connection_)->close_after(bytes); }
HEDDLE_DECL void scripted_peer::stop_reading() noexcept { (*connection_)->stop_reading(); }
HEDDLE_DECL void scripted_peer::read_on() { (*connection_)->read_on(); }
HEDDLE_DECL bool scripted_peer::ended() const noexcept { return (*connection_)->ended(); }

HEDDLE_DECL std::optional<received_frame> scripted_peer::take(http2::frame_type type,
                                                              std::optional<http2::stream_id> id) {
  return (*connection_)->take(type, id);
}

HEDDLE_DECL asio::awaitable<received_frame> scripted_peer::expect(http2::frame_type type,
                                                                  std::optional<http2::stream_id> id) {
  auto const link = connection_;  // the handle may go meanwhile
  for (;;) {
    std::optional<received_frame> f = (*link)->take(type, id);
    if (f) co_return std::move(*f);
    if ((*link)->ended())
      (*link)->disappoint("a frame of type " + std::to_string(static_cast<int>(type)) +
                          (id ? " on stream " + std::to_string(*id) : std::string()));
    co_await heddle::detail::scripted_news::wait((*link)->news);
  }
}

HEDDLE_DECL asio::awaitable<void> scripted_peer::wait_end() {
  auto const link = connection_;
  while (!(*link)->ended()) co_await heddle::detail::scripted_news::wait((*link)->news);
}

HEDDLE_DECL std::vector<received_frame> scripted_peer::heard() { return std::exchange((*connection_)->heard, {}); }

HEDDLE_DECL std::string scripted_peer::received() {
  std::string text;
  for (received_frame const& f : heard()) text += (text.empty() ? "" : "; ") + f.text;
  return text;
}

HEDDLE_DECL std::string scripted_peer::bytes() { return std::exchange((*connection_)->bytes, {}); }

// ---- calls

HEDDLE_DECL asio::awaitable<served_call> scripted_peer::next_call() {
  auto const link = connection_;
  for (;;) {
    std::optional<served_call> call = heddle::detail::scripted_connection::take_call(link);
    if (call) co_return std::move(*call);
    if ((*link)->ended()) (*link)->disappoint("a call");
    co_await heddle::detail::scripted_news::wait((*link)->news);
  }
}

HEDDLE_DECL made_call scripted_peer::call(std::string_view path, metadata const& headers) {
  rpc::request_head head;
  head.path.assign(path);
  head.authority = "test";
  head.metadata = headers;
  header_list fields;
  rpc::grpc_protocol::instance().write_request(head, "http", "heddle-scripted-client", fields);
  return call(fields);
}

HEDDLE_DECL made_call scripted_peer::call(header_list const& head, std::uint8_t flags) {
  made_call made(connection_, (*connection_)->next_stream);
  (*connection_)->next_stream += 2;
  send_headers(made.stream(), head, flags);
  return made;
}

HEDDLE_DECL scripted_call::scripted_call(std::shared_ptr<heddle::detail::scripted_connection> connection,
                                         http2::stream_id id)
    : connection_(std::move(connection)), stream_(std::make_shared<heddle::detail::scripted_stream>(id)) {}

HEDDLE_DECL http2::stream_id scripted_call::stream() const noexcept { return stream_->id; }

HEDDLE_DECL void scripted_call::send_data(std::string_view content, std::uint8_t flags) {
  std::size_t const most = 16384;  // SETTINGS_MAX_FRAME_SIZE at first
  for (; content.size() > most; content.remove_prefix(most))
    (*connection_)->say(frames::data(stream(), content.substr(0, most)));
  (*connection_)->say(frames::data(stream(), content, flags));
}

HEDDLE_DECL void scripted_call::reset(http2::error_code code) {
  (*connection_)->say(frames::rst_stream(stream(), code));
}

}  // namespace heddle::testing

namespace heddle::detail {

/// Takes the next frame of the stream, waiting for it.
HEDDLE_DECL asio::awaitable<void> read_on_stream(std::shared_ptr<scripted_connection> link,
                                                 std::shared_ptr<scripted_stream> stream) {
  for (;;) {
    std::optional<testing::received_frame> const f = (*link)->take_of(stream->id);
    if (f) co_return stream->take(*f);
    if ((*link)->ended()) (*link)->disappoint("more of stream " + std::to_string(stream->id));
    co_await scripted_news::wait((*link)->news);
  }
}

HEDDLE_DECL std::optional<testing::served_call> scripted_connection::take_call(
    std::shared_ptr<scripted_connection> const& self) {
  std::optional<testing::received_frame> const head = (*self)->take_call();
  if (!head) return std::nullopt;
  testing::served_call call(self, head->head.id);
  call.stream_->take(*head);
  return call;
}

}  // namespace heddle::detail

namespace heddle::testing {

HEDDLE_DECL asio::awaitable<std::optional<std::string>> scripted_call::read_body() {
  auto const link = connection_;
  auto const stream = stream_;
  for (;;) {
    std::string& body = stream->body;
    if (body.size() >= message_prefix_size) {
      std::size_t const size = http2::read_u32(as_bytes(body).data() + 1) + message_prefix_size;
      if (body.size() >= size) {
        std::optional<std::string> message(body.substr(message_prefix_size, size - message_prefix_size));
        body.erase(0, size);
        co_return message;
      }
    }
    if (stream->reset)
      throw std::runtime_error("the other side reset stream " + std::to_string(stream->id) + " with " +
                               std::string(to_string(*stream->reset)));
    if (stream->ended) {
      if (!body.empty()) throw std::runtime_error("the other side ended its half inside a message");
      co_return std::nullopt;
    }
    co_await heddle::detail::read_on_stream(link, stream);
  }
}

HEDDLE_DECL asio::awaitable<http2::error_code> scripted_call::wait_reset() {
  auto const link = connection_;
  auto const stream = stream_;
  while (!stream->reset) co_await heddle::detail::read_on_stream(link, stream);
  co_return *stream->reset;
}

// ---- as a server

HEDDLE_DECL std::string_view served_call::path() const noexcept { return head().get(header_name::path); }
HEDDLE_DECL header_list const& served_call::head() const noexcept { return stream_->head; }
HEDDLE_DECL bool served_call::head_sent() const noexcept { return stream_->head_sent; }

HEDDLE_DECL metadata served_call::headers() const {
  metadata all;
  for (header_field const field : head()) (void)read_metadata(field, all);
  return all;
}

HEDDLE_DECL void served_call::send_headers(metadata const& headers) {
  stream_->head_sent = true;
  rpc::response_head head;
  head.metadata = headers;
  header_list fields;
  rpc::grpc_protocol::instance().write_response(head, fields);
  (*connection_)->say((*connection_)->codec.headers(stream(), fields));
}

HEDDLE_DECL void served_call::finish(status const& s, metadata const& trailers) {
  header_list fields;
  if (head_sent())
    rpc::grpc_protocol::instance().write_trailers(s, trailers, fields);
  else
    rpc::grpc_protocol::instance().write_trailers_only(rpc::response_head(), s, trailers, fields);
  (*connection_)->say((*connection_)->codec.headers(stream(), fields, http2::flag::end_stream));
}

// ---- as a client

HEDDLE_DECL void made_call::half_close() { (*connection_)->say(frames::data(stream(), "", http2::flag::end_stream)); }

HEDDLE_DECL asio::awaitable<header_list> made_call::head() {
  auto const link = connection_;
  auto const stream = stream_;
  while (!stream->has_head && !stream->ended) co_await heddle::detail::read_on_stream(link, stream);
  co_return stream->head;
}

HEDDLE_DECL asio::awaitable<status> made_call::finish() {
  auto const link = connection_;
  auto const stream = stream_;
  while (!stream->ended) co_await heddle::detail::read_on_stream(link, stream);
  if (stream->trailers.empty() && stream->reset)
    co_return status(status_from_rst(static_cast<std::uint32_t>(*stream->reset)),
                     "the server reset the stream with " + std::string(to_string(*stream->reset)),
                     status_origin::transport);
  metadata ignored;
  int const http_status = stream->head.get(header_name::status) == "200" ? 200 : 0;
  co_return read_status(stream->trailers, http_status, ignored);
}

HEDDLE_DECL header_list const& made_call::trailers() const noexcept { return stream_->trailers; }

}  // namespace heddle::testing
