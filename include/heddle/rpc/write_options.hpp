// What may be said about one message of a stream.
#pragma once

#include <utility>

namespace heddle {

/// Fluent: `write(message, write_options().compress(false))`.
class write_options {
 public:
  write_options() noexcept {}

  /// False: this very message leaves as it is, whatever its call compresses: for secrets beside what others chose.
  /// Default: as its call does.
  write_options& compress(bool value) & noexcept {
    compress_ = value;
    return *this;
  }
  write_options&& compress(bool value) && noexcept { return std::move(compress(value)); }
  bool compress() const noexcept { return compress_; }

 private:
  bool compress_ = true;
};

}  // namespace heddle
