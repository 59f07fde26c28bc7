#pragma once

#include <memory>

#include <heddle/base/status.hpp>

namespace heddle {

HEDDLE_DECL status::status(status_code code, std::string message, status_origin origin) {
  if (code == status_code::ok) return;
  state_ = new state;
  state_->code = code;
  state_->origin = origin;
  state_->message = std::move(message);
}

HEDDLE_DECL status::state const& status::none() noexcept {
  static state const empty;
  return empty;
}

// The content, owned by this object alone. Must not be called on OK.
HEDDLE_DECL status::state& status::unique() {
  if (state_->references.load(std::memory_order_acquire) != 1) {
    auto copy = std::make_unique<state>();
    copy->code = state_->code;
    copy->origin = state_->origin;
    copy->message = state_->message;
    copy->details = state_->details;
    copy->trailers = state_->trailers;
    release();
    state_ = copy.release();
  }
  return *state_;
}

HEDDLE_DECL status& status::set_message(std::string message) {
  if (!is_ok()) unique().message = std::move(message);
  return *this;
}

HEDDLE_DECL status& status::set_origin(status_origin origin) {
  if (!is_ok()) unique().origin = origin;
  return *this;
}

HEDDLE_DECL status& status::set_trailers(metadata trailers) {
  if (!is_ok()) unique().trailers = std::move(trailers);
  return *this;
}

HEDDLE_DECL status& status::add_detail(std::string type_url, std::string value) {
  if (!is_ok()) unique().details.emplace_back(std::move(type_url), std::move(value));
  return *this;
}

HEDDLE_DECL std::string to_string(status const& s) {
  std::string text(to_string(s.code()));
  if (!s.message().empty()) text.append(": ").append(s.message());
  return text;
}

}  // namespace heddle
