#include <heddle/rpc/compression.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <heddle/rpc/inbound.hpp>
#include <heddle/rpc/message_framing.hpp>
#include <heddle/rpc/packing.hpp>

#include "support/catch.hpp"

using heddle::accepts_encoding;
using heddle::byte_buffer;
using heddle::bytes_view;
using heddle::compressor;
using heddle::compressor_list;
using heddle::raw_message;
using heddle::rpc::inbound;
using heddle::rpc::packed_message;
using namespace std::string_literals;

namespace {

/// Runs of one byte become its count and the byte: "aaab" is "3a1b". Anything else is malformed.
class run_lengths final : public compressor {
 public:
  explicit run_lengths(std::string name = "runs") : name_(std::move(name)) {}
  std::string_view name() const noexcept override { return name_; }
  void compress(bytes_view plain, byte_buffer& out) const override {
    for (std::size_t i = 0, n = 0; i < plain.size(); i += n) {
      for (n = 1; n < 9 && i + n < plain.size() && plain[i + n] == plain[i]; ++n) continue;
      out.push_back(static_cast<std::uint8_t>('0' + n));
      out.push_back(plain[i]);
    }
  }
  outcome decompress(bytes_view packed, std::size_t limit, byte_buffer& out) const override {
    if (packed.size() % 2 != 0) return outcome::malformed;
    for (std::size_t i = 0; i < packed.size(); i += 2)
      for (int n = packed[i] - '0'; n > 0; --n) {
        if (out.size() == limit) return outcome::too_large;
        out.push_back(packed[i + 1]);
      }
    return outcome::done;
  }

 private:
  std::string name_;
};

std::shared_ptr<compressor const> runs(std::string name) { return std::make_shared<run_lengths>(std::move(name)); }

std::string framed(std::string_view body, bool compressed) {
  std::uint8_t prefix[heddle::message_prefix_size];
  heddle::write_prefix(prefix, compressed, static_cast<std::uint32_t>(body.size()));
  return std::string(heddle::as_text(prefix)).append(body);
}

std::string packed(compressor const& with, std::string_view text, bool& compressed) {
  raw_message const message{std::string(text)};
  packed_message const body(with, &message, *heddle::ops_of<raw_message>, text.size());
  compressed = body.compressed();
  return std::string(heddle::as_text(body.bytes()));
}

}  // namespace

TEST_CASE("a list of compressors names them in its order, after identity") {
  compressor_list list;
  CHECK(list.empty());
  CHECK(list.names() == "identity");
  CHECK(list.find("a") == nullptr);
  list.add(runs("b")).add(runs("a-1.x_"));
  CHECK_FALSE(list.empty());
  CHECK(list.names() == "identity,b,a-1.x_");
  REQUIRE(list.find("b") != nullptr);
  CHECK(list.find("b")->name() == "b");
  CHECK(list.find("B") == nullptr);
  CHECK(list.find("identity") == nullptr);
  CHECK(list.find("") == nullptr);
}

TEST_CASE("a compressor takes the place of one with its name, and copies of the list keep theirs") {
  compressor_list const first = compressor_list().add(runs("a")).add(runs("b"));
  compressor_list second = first;
  auto const other = runs("a");
  second.add(other);
  CHECK(second.names() == "identity,a,b");
  CHECK(second.find("a") == other.get());
  CHECK(first.find("a") != other.get());
}

TEST_CASE("names that cannot stand in a list are refused") {
  for (char const* const name : {"", "identity", "A", "a,b", "a b", "a;q", "\xC3\xA4"}) {
    INFO(name);
    compressor_list list;
    CHECK_THROWS_AS(list.add(runs(name)), std::invalid_argument);
    CHECK(list.empty());
  }
}

TEST_CASE("an encoding is looked for in a list with whatever blanks") {
  for (char const* const list :
       {"gzip", "identity,gzip", "gzip,deflate", " gzip ", "identity, deflate ,\tgzip", ",gzip,"})
    CHECK(accepts_encoding(list, "gzip"));
  for (char const* const list : {"", "identity", "gzi", "gzipp,xgzip", "gz ip", ",,", "Gzip"})
    CHECK_FALSE(accepts_encoding(list, "gzip"));
}

TEST_CASE("a message is packed when that makes it smaller, and goes as it is otherwise") {
  run_lengths const with;
  bool compressed = false;
  CHECK(packed(with, "aaaaaaaabb", compressed) == "8a2b");
  CHECK(compressed);
  CHECK(packed(with, "aabb", compressed) == "aabb");  // just as long
  CHECK_FALSE(compressed);
  CHECK(packed(with, "abc", compressed) == "abc");
  CHECK_FALSE(compressed);
  CHECK(packed(with, "", compressed) == "");
  CHECK_FALSE(compressed);
  std::string const large(3'000'000, 'x');  // and what came before leaves nothing behind
  CHECK(packed(with, large, compressed).size() == 666'668);
  CHECK(compressed);
  CHECK(packed(with, "ccc", compressed) == "3c");
}

namespace {

std::string body_of(inbound& in) {
  return std::string(heddle::as_text(in.message(heddle::rpc::body_form::whole).front()));
}

}  // namespace

TEST_CASE("what is received is unpacked message by message") {
  run_lengths const with;
  inbound in;
  in.reset(100);
  in.set_decoder(&with);
  std::string const text = framed("3a2b", true) + framed("plain", false) + framed("", true) + framed("9z", true);
  in.lend(heddle::as_bytes(text));
  REQUIRE(in.has_message());
  CHECK(body_of(in) == "aaabb");
  CHECK(in.compressed());
  CHECK(in.pop() == 0);  // small messages earn together
  REQUIRE(in.has_message());
  CHECK(body_of(in) == "plain");
  CHECK_FALSE(in.compressed());
  CHECK(in.pop() == 0);
  CHECK(body_of(in).empty());
  CHECK(in.compressed());
  CHECK(in.pop() == 0);
  in.keep();
  CHECK(body_of(in) == "zzzzzzzzz");
  CHECK(in.pop() == text.size());
  CHECK_FALSE(in.failed());
  in.end();
  CHECK(in.finished());
}

TEST_CASE("the limit holds for what a message becomes") {
  run_lengths const with;
  for (std::size_t const limit : {8, 9}) {
    inbound in;
    in.reset(limit);
    in.set_decoder(&with);
    std::string const text = framed("9z", true) + framed("1a", true);
    in.lend(heddle::as_bytes(text));
    std::string const body = body_of(in);
    CHECK(in.failed() == (limit == 8));
    if (!in.failed()) {
      CHECK(body.size() == 9);
      continue;
    }
    CHECK(body.empty());
    CHECK_FALSE(in.has_message());
    CHECK(in.error().code() == heddle::status_code::resource_exhausted);
    CHECK(in.error().message() ==
          "received a message of 2 bytes of runs, which becomes more than max_receive_message_size (8 bytes)");
    in.lend(heddle::as_bytes(text));  // and nothing is read any more
    CHECK(in.failed());
  }
}

TEST_CASE("the limit holds for the compressed size, before it is there") {
  run_lengths const with;
  inbound in;
  in.reset(3);
  in.set_decoder(&with);
  in.lend(heddle::as_bytes("\1\0\0\0\4"s));
  CHECK(in.failed());
  CHECK(in.error().code() == heddle::status_code::resource_exhausted);
}

TEST_CASE("a compressed message that is none is an internal error") {
  run_lengths const with;
  inbound in;
  in.reset(100);
  in.set_decoder(&with);
  std::string const text = framed("9", true);
  in.lend(heddle::as_bytes(text));
  CHECK(in.has_message());
  CHECK(body_of(in).empty());
  CHECK(in.failed());
  CHECK(in.error().code() == heddle::status_code::internal);
  CHECK(in.error().message() == "received a compressed message that is no runs");
  in.reset(100);  // the next call knows nothing of it
  CHECK_FALSE(in.failed());
  CHECK_FALSE(in.compressed());
  in.lend(heddle::as_bytes("\1"s));
  CHECK(in.failed());
  CHECK(in.error().message() == "received a compressed message without a grpc-encoding");
}
