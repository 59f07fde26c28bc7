// One end of an HTTP/2 connection without rules: writes header blocks, and reads whatever frames come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/base/header_list.hpp>
#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>
#include <heddle/http2/frame.hpp>

namespace heddle::testing {

/// A frame as it came.
struct received_frame {
  received_frame() {}

  http2::frame_header head;
  /// As it was, padding and all.
  std::string payload;
  /// Of a header block; on the frame that ends it, HEADERS or CONTINUATION.
  header_list fields;
  /// In words, for assertions and failures: "HEADERS 1 /lab.Echo/Unary te=trailers", "DATA 1 [hello] END",
  /// "RST_STREAM 1 CANCEL". Of pseudo-headers only :path and :status are shown, and long contents only by their size.
  std::string text;

  http2::frame_type type() const noexcept { return head.type; }
  http2::stream_id stream() const noexcept { return head.id; }
  bool has(std::uint8_t flag) const noexcept { return head.has(flag); }
  /// DATA or HEADERS with END_STREAM.
  bool ends_stream() const noexcept {
    return (head.type == http2::frame_type::data || head.type == http2::frame_type::headers) &&
           has(http2::flag::end_stream);
  }
  /// What DATA carries.
  std::string_view content() const noexcept;
  /// Of RST_STREAM and GOAWAY.
  http2::error_code error() const noexcept;
  /// The increment of WINDOW_UPDATE, the last stream of GOAWAY.
  std::uint32_t number() const noexcept;
};

/// Both HPACK contexts of one end of a connection. Not thread-safe.
class frame_codec : private hpack::field_sink {
 public:
  frame_codec() {}
  frame_codec(frame_codec const&) = delete;
  frame_codec& operator=(frame_codec const&) = delete;

  /// The block alone, for frames that a test puts together itself. Blocks must be sent in the order in which they are
  /// made: each changes the compression context of both ends.
  std::string block(header_list const& fields);
  /// One HEADERS frame with END_HEADERS.
  std::string headers(http2::stream_id id, header_list const& fields, std::uint8_t flags = 0);
  hpack::encoder& encoder() noexcept { return encoder_; }

  /// The whole frames in what has come; the rest waits for more. A client's preface is passed over.
  std::vector<received_frame> read(std::string_view bytes);
  /// Bytes of a frame that is not whole.
  std::size_t unread() const noexcept { return input_.size(); }
  /// No header block came that was no HPACK.
  bool good() const noexcept { return good_; }

 private:
  void on_field(header_field const& field) override { decoded_.add(field); }
  void decode(received_frame& f);
  static std::string words(received_frame const& f);

  hpack::encoder encoder_;
  hpack::decoder decoder_;
  header_list decoded_;
  std::string input_;
  bool begun_ = false, good_ = true;
};

/// Text that fits a line: what can't be printed is '?', what is long is only counted.
std::string printable(std::string_view bytes);
/// " name=value" for each field; of pseudo-headers only the values of :path and :status.
std::string printable(header_list const& fields);

}  // namespace heddle::testing

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/testing/frame_codec.ipp>
#endif
