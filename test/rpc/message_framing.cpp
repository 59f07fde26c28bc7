#include <heddle/rpc/message_framing.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using heddle::byte_buffer;
using heddle::message_prefix;
using heddle::message_reader;
using heddle::status_code;
using outcome = message_reader::outcome;
using namespace std::string_literals;

namespace {

constexpr std::size_t four_mib = 4 * 1024 * 1024;

std::string framed(std::string_view body, bool compressed = false) {
  std::array<std::uint8_t, heddle::message_prefix_size> prefix;
  heddle::write_prefix(prefix.data(), compressed, static_cast<std::uint32_t>(body.size()));
  return std::string(heddle::as_text(prefix)).append(body);
}

// Feeds the chunks one after the other; the messages that come out, and the error if there is one.
std::vector<std::string> read_all(message_reader& reader, std::vector<std::string_view> const& chunks) {
  std::vector<std::string> messages;
  byte_buffer buffer;
  for (std::string_view const chunk : chunks) {
    buffer.append(chunk);
    outcome seen;
    while ((seen = reader.read(buffer.view())) == outcome::message) {
      messages.push_back((reader.prefix().compressed ? "z:" : "") +
                         std::string(heddle::as_text(reader.body(buffer.view()))));
      buffer.consume(reader.wanted());
    }
    if (seen == outcome::error) messages.push_back("error: " + to_string(reader.error()));
  }
  if (!buffer.empty() && reader.error().is_ok()) messages.push_back("left: " + std::to_string(buffer.size()));
  return messages;
}

}  // namespace

TEST_CASE("the prefix is a flag and a big-endian length") {
  CHECK(framed("") == "\0\0\0\0\0"s);
  CHECK(framed("abc", true) == "\1\0\0\0\3abc"s);
  std::array<std::uint8_t, 5> prefix;
  heddle::write_prefix(prefix.data(), false, 0x01020304);
  CHECK(heddle::as_text(prefix) == "\0\1\2\3\4"s);
}

TEST_CASE("messages are found wherever the bytes are split") {
  std::string const text = framed("") + framed("one") + framed(std::string(300, 'x'), true) + framed("") + framed("z");
  std::vector<std::string> const expected = {"", "one", "z:" + std::string(300, 'x'), "", "z"};
  for (std::size_t i = 0; i <= text.size(); ++i) {
    message_reader reader(four_mib);
    reader.set_encoded(true);
    std::string_view const whole(text);
    bool const same = read_all(reader, {whole.substr(0, i), whole.substr(i)}) == expected;
    if (!same) CHECK(i == text.size() + 1);
  }
  message_reader reader(four_mib);
  reader.set_encoded(true);
  std::vector<std::string_view> bytes;
  for (char const& c : text) bytes.emplace_back(&c, 1);
  CHECK(read_all(reader, bytes) == expected);
}

TEST_CASE("the reader says how many bytes it waits for") {
  message_reader reader(four_mib);
  CHECK(reader.wanted() == 5);
  std::string const text = framed("abc") + framed("d");
  for (std::size_t size = 0; size < 5; ++size) {
    CHECK(reader.read(heddle::as_bytes(text).first(size)) == outcome::need_more);
    CHECK(reader.wanted() == 5);
  }
  for (std::size_t size = 5; size < 8; ++size) {
    CHECK(reader.read(heddle::as_bytes(text).first(size)) == outcome::need_more);
    CHECK(reader.wanted() == 8);
    CHECK(reader.prefix() == message_prefix{false, 3});
  }
  CHECK(reader.read(heddle::as_bytes(text)) == outcome::message);
  CHECK(reader.wanted() == 8);
}

TEST_CASE("a flag that is neither 0 nor 1 is an internal error as soon as it is seen") {
  for (int flag = 2; flag < 256; ++flag) {
    message_reader reader(four_mib);
    reader.set_encoded(true);
    std::string const byte(1, static_cast<char>(flag));
    INFO(flag);
    CHECK(reader.read(heddle::as_bytes(byte)) == outcome::error);
    CHECK(reader.error().code() == status_code::internal);
    CHECK(reader.error().message().find(std::to_string(flag)) != std::string_view::npos);
  }
}

TEST_CASE("a compressed message needs an encoding, an uncompressed one does not mind it") {
  message_reader plain(four_mib), encoded(four_mib);
  encoded.set_encoded(true);
  CHECK(plain.read(heddle::as_bytes("\1")) == outcome::error);
  CHECK(plain.error().code() == status_code::internal);
  std::string const text = framed("a") + framed("b", true);
  CHECK(read_all(encoded, {text}) == std::vector<std::string>{"a", "z:b"});
}

TEST_CASE("the size limit is judged on the prefix alone") {
  struct row {
    char const* name;
    std::size_t limit;
    std::string prefix;
    bool fits;
  };
  row const rows[] = {
      {"at the limit", 4, "\0\0\0\0\4"s, true},
      {"one above", 4, "\0\0\0\0\5"s, false},
      {"a limit of zero takes empty messages", 0, "\0\0\0\0\0"s, true},
      {"and no others", 0, "\0\0\0\0\1"s, false},
      {"the default", four_mib, "\0\0\x40\0\0"s, true},
      {"one above the default", four_mib, "\0\0\x40\0\1"s, false},
      {"the largest there is", four_mib, "\0\xFF\xFF\xFF\xFF"s, false},
      {"and no limit", ~std::size_t{0}, "\0\xFF\xFF\xFF\xFF"s, true},
  };
  for (row const& r : rows) {
    INFO(r.name);
    message_reader reader(r.limit);
    CHECK((reader.read(heddle::as_bytes(r.prefix)) != outcome::error) == r.fits);
    CHECK(reader.error().is_ok() == r.fits);
    if (!r.fits) CHECK(reader.error().code() == status_code::resource_exhausted);
  }
}

TEST_CASE("the error for a message that is too large names the sizes and the option") {
  message_reader reader(4);
  CHECK(reader.read(heddle::as_bytes(framed("12345"))) == outcome::error);
  CHECK(reader.error().message() ==
        "received a message of 5 bytes, which is more than max_receive_message_size (4 bytes)");
  message_reader named(heddle::receive_limit(4, "channel_options"));
  CHECK(named.read(heddle::as_bytes(framed("12345"))) == outcome::error);
  CHECK(named.error().message() ==
        "received a message of 5 bytes, which is more than channel_options::max_receive_message_size (4 bytes)");
}

TEST_CASE("after an error nothing is read any more") {
  message_reader reader(4);
  std::string const bad = framed("12345"), good = framed("1");
  CHECK(reader.read(heddle::as_bytes(bad)) == outcome::error);
  heddle::status const first = reader.error();
  CHECK(reader.read(heddle::as_bytes(good)) == outcome::error);
  CHECK(reader.error() == first);
}

TEST_CASE("a stream that ends inside a message is an internal error") {
  CHECK(heddle::check_end_of_messages(0).is_ok());
  CHECK(heddle::check_end_of_messages(1).code() == status_code::internal);
}
