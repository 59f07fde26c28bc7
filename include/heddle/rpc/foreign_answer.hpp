// The answer of somebody who does not speak gRPC, a proxy most of the time: what it says goes into the error text.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <heddle/base/bytes.hpp>
#include <heddle/base/config.hpp>
#include <heddle/base/status.hpp>

namespace heddle::rpc {

/// Gathers the beginning of such an answer's body.
class foreign_answer {
 public:
  /// Bytes of the body that are kept.
  static constexpr std::size_t most = 200;

  /// `why`: what is wrong with the head, and not OK.
  void begin(status why) { why_ = std::move(why); }
  explicit operator bool() const noexcept { return !why_.is_ok(); }
  /// True when that is enough.
  bool add(bytes_view bytes);
  /// Why, with the piece in quotes: on one line, and in ASCII.
  status end() const;
  void clear() noexcept {
    why_ = status();
    piece_.clear();
  }

 private:
  status why_;
  std::string piece_;
};

}  // namespace heddle::rpc

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/rpc/foreign_answer.ipp>
#endif
