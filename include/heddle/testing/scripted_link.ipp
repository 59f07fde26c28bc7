#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <heddle/testing/scripted_link.hpp>
#include <heddle/testing/scripted_peer.hpp>

namespace heddle::detail {

using testing::manners;
using testing::received_frame;
namespace frames = testing::frames;

// ---- who waits

HEDDLE_DECL scripted_news::scripted_news(asio::any_io_executor executor) : executor_(std::move(executor)) {
  shutdown_service::of(executor_).add(*this);
}

HEDDLE_DECL scripted_news::~scripted_news() { shutdown_service::of(executor_).remove(*this); }

HEDDLE_DECL asio::awaitable<void> scripted_news::wait(std::shared_ptr<scripted_news> self) {
  auto const place = std::make_shared<waiter>();
  self->waits_.push_back(place);
  bool cancelled = false;
  auto const nothing = [] {};
  auto const cancel = [&place, &cancelled](asio::cancellation_type) {
    cancelled = true;
    place->complete_later();
  };
  co_await place->wait(self->executor_, nothing, cancel);
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

HEDDLE_DECL void scripted_news::tell() {
  auto const all = std::exchange(waits_, {});
  for (auto const& place : all) place->complete_later();
}

HEDDLE_DECL void scripted_news::on_context_shutdown() noexcept {
  auto const all = std::exchange(waits_, {});
  for (auto const& place : all) place->drop();
}

// ---- a stream

HEDDLE_DECL void scripted_stream::take(received_frame const& f) {
  switch (f.type()) {
    case http2::frame_type::data: body.append(f.content()); break;
    case http2::frame_type::headers:
      if (has_head || f.ends_stream()) trailers = f.fields;
      if (!has_head && f.fields.get(header_name::status).starts_with('1')) break;  // informational
      if (!has_head) head = f.fields;
      has_head = true;
      break;
    case http2::frame_type::rst_stream: reset = f.error(); break;
    default: break;
  }
  if (f.ends_stream() || reset) ended = true;
}

// ---- the stream of bytes, out

HEDDLE_DECL scripted_link::scripted_link(http2::role who, std::unique_ptr<byte_stream> stream, manners how,
                                         std::shared_ptr<scripted_news> told)
    : news(told ? std::move(told) : std::make_shared<scripted_news>(stream->get_executor())),
      who_(who),
      how_(how),
      stream_(std::move(stream)) {}

HEDDLE_DECL void scripted_link::start() {
  if (how_ == manners::good) {
    if (who_ == http2::role::client) say(http2::client_preface);
    say(frames::settings());
  }
  read();
}

HEDDLE_DECL void scripted_link::say(std::string_view words) {
  if (closed_ || half_closed_) return;
  if (budget_) {
    words = words.substr(0, *budget_);
    *budget_ -= words.size();
  }
  outgoing_.append(words);
  pump();
}

HEDDLE_DECL void scripted_link::pump() {
  if (waiting_ || closed_) return;
  while (!outgoing_.empty()) {
    error_code ec;
    std::size_t const n = stream_->write_some(asio::buffer(outgoing_), ec);
    if (ec == asio::error::would_block) {
      waiting_ = true;
      return stream_->wait_writable(shared_from_this());
    }
    outgoing_.erase(0, ec ? outgoing_.size() : n);  // nobody listens any more: read() says so
  }
  if (budget_ && *budget_ == 0) return close();
  if (half_closed_) stream_->shut_down_write();
}

HEDDLE_DECL void scripted_link::on_writable(error_code) {
  waiting_ = false;
  pump();
}

HEDDLE_DECL void scripted_link::half_close() {
  half_closed_ = true;
  pump();
}

HEDDLE_DECL void scripted_link::close() {
  if (std::exchange(closed_, true)) return;
  stream_->close();
}

HEDDLE_DECL void scripted_link::close_after(std::size_t n) {
  budget_ = n;
  pump();
}

// ---- the stream of bytes, in

HEDDLE_DECL void scripted_link::read() { stream_->read_some(asio::buffer(buffer_), shared_from_this()); }

HEDDLE_DECL void scripted_link::on_read(error_code ec, std::size_t n) {
  if (ec) {
    ended_ = true;
    return news->tell();
  }
  if (paused_) return held_.append(buffer_, n), void();
  take_in(std::string_view(buffer_, n));
  read();
  news->tell();
}

HEDDLE_DECL void scripted_link::read_on() {
  if (!std::exchange(paused_, false) || held_.empty()) return;
  take_in(std::exchange(held_, {}));
  if (!closed_) read();
  news->tell();
}

HEDDLE_DECL void scripted_link::take_in(std::string_view arrived) {
  bytes.append(arrived);
  for (received_frame& f : codec.read(arrived)) {
    heard.push_back(f);
    last_words_ += (last_words_.empty() ? "" : "; ") + f.text;
    if (last_words_.size() > 2000) last_words_ = "…" + last_words_.substr(last_words_.size() - 1000);
    answer(f);
    keep(std::move(f));
  }
}

HEDDLE_DECL void scripted_link::answer(received_frame const& f) {
  if (how_ == manners::none) return;
  bool const ack = f.has(http2::flag::ack);
  if (f.type() == http2::frame_type::settings && !ack) say(frames::settings_ack());
  if (f.type() == http2::frame_type::ping && !ack) say(frames::ping(f.payload, http2::flag::ack));
  if (f.type() != http2::frame_type::data || f.payload.empty()) return;
  auto const size = static_cast<std::uint32_t>(f.payload.size());
  say(frames::window_update(0, size));
  if (!f.ends_stream()) say(frames::window_update(f.stream(), size));
}

/// A block that is several frames counts as one HEADERS.
HEDDLE_DECL void scripted_link::keep(received_frame f) {
  if (f.type() == http2::frame_type::headers && !f.has(http2::flag::end_headers)) {
    open_block_ = std::move(f);
  } else if (f.type() == http2::frame_type::continuation && open_block_) {
    if (!f.has(http2::flag::end_headers)) return;
    open_block_->fields = f.fields;
    inbox_.push_back(*std::exchange(open_block_, std::nullopt));
  } else {
    inbox_.push_back(std::move(f));
  }
}

// ---- what has come

HEDDLE_DECL std::optional<received_frame> scripted_link::take(http2::frame_type type,
                                                              std::optional<http2::stream_id> id) {
  for (auto f = inbox_.begin(); f != inbox_.end(); ++f) {
    if (f->type() != type || (id && f->stream() != *id)) continue;
    std::optional<received_frame> taken(std::move(*f));
    inbox_.erase(f);
    return taken;
  }
  return std::nullopt;
}

HEDDLE_DECL std::optional<received_frame> scripted_link::take_of(http2::stream_id id) {
  for (received_frame const& f : inbox_)
    if (f.stream() == id && f.type() != http2::frame_type::window_update) return take(f.type(), id);
  return std::nullopt;
}

HEDDLE_DECL std::optional<received_frame> scripted_link::take_call() {
  for (received_frame const& f : inbox_) {
    if (f.type() != http2::frame_type::headers || f.stream() <= last_call) continue;
    last_call = f.stream();
    return take(http2::frame_type::headers, last_call);
  }
  return std::nullopt;
}

HEDDLE_DECL void scripted_link::disappoint(std::string const& wanted) const {
  throw std::runtime_error("the test's peer waited for " + wanted +
                           ", which did not come; it heard: " + (last_words_.empty() ? "nothing" : last_words_));
}

}  // namespace heddle::detail
