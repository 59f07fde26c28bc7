#include <heddle/rpc/inbound.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using heddle::bytes_view;
using heddle::rpc::body_form;
using heddle::rpc::inbound;

namespace {

std::string framed(std::string_view body) {
  std::string out(heddle::message_prefix_size, '\0');
  heddle::write_prefix(reinterpret_cast<std::uint8_t*>(out.data()), false, static_cast<std::uint32_t>(body.size()));
  return out.append(body);
}

std::string text_of(heddle::rpc::message_body body) {
  std::string text;
  for (bytes_view const piece : body) text.append(heddle::as_text(piece));
  return text;
}

void take_all(inbound& in, body_form form, std::vector<std::string>& messages, std::size_t& earned) {
  while (in.has_message()) {
    auto const body = in.message(form);
    if (form == body_form::whole) CHECK(body.size() == 1);
    messages.push_back(text_of(body));
    earned += in.pop();
  }
}

}  // namespace

TEST_CASE("messages come out the same however they are cut, kept and taken") {
  std::vector<std::string> const wanted = {"first", "", "second message", "x"};
  std::string all;
  for (std::string const& body : wanted) all += framed(body);
  for (body_form const form : {body_form::whole, body_form::in_pieces}) {
    for (bool const kept : {false, true}) {
      for (std::size_t a = 0; a <= all.size(); ++a) {
        for (std::size_t b = a; b <= all.size(); ++b) {
          std::vector<std::string> const parts = {all.substr(0, a), all.substr(a, b - a), all.substr(b)};
          inbound in;
          in.reset(100);
          std::vector<std::string> messages;
          std::size_t earned = 0;
          for (std::string const& part : parts) {
            in.lend(heddle::as_bytes(part));
            take_all(in, form, messages, earned);
            if (kept) in.keep();
          }
          in.end();
          CHECK(messages == wanted);
          CHECK(earned == all.size());
          CHECK(in.finished());
        }
      }
    }
  }
}

TEST_CASE("a message in pieces is read where it lies") {
  std::string const all = framed("of three pieces");
  inbound in;
  in.reset(100);
  bytes_view const bytes = heddle::as_bytes(all);
  in.lend(bytes.first(7));
  in.lend(bytes.subspan(7, 4));
  in.lend(bytes.subspan(11));
  REQUIRE(in.has_message());
  auto const body = in.message(body_form::in_pieces);
  REQUIRE(body.size() == 3);
  CHECK(body[0].data() == bytes.data() + 5);
  CHECK(body[1].data() == bytes.data() + 7);
  CHECK(body[2].data() == bytes.data() + 11);
  CHECK(text_of(body) == "of three pieces");
}

TEST_CASE("of a message that spans batches only what came before is copied") {
  std::string const all = framed("begun before, ended after");
  std::string early = all.substr(0, 10);
  inbound in;
  in.reset(100);
  in.lend(heddle::as_bytes(early));
  in.keep();
  early.assign(early.size(), '?');  // the read buffer is used again
  bytes_view const late = heddle::as_bytes(all).subspan(10);
  in.lend(late);
  auto const body = in.message(body_form::in_pieces);
  REQUIRE(body.size() == 2);
  CHECK(body[1].data() == late.data());
  CHECK(text_of(body) == "begun before, ended after");
}

TEST_CASE("what is missing of a message is known once its prefix is here, until the stream ends") {
  inbound in;
  in.reset(1000);
  CHECK(in.missing() <= heddle::message_prefix_size);
  std::string const message = framed(std::string(100, 'x'));
  in.lend(heddle::as_bytes(message).first(25));
  CHECK(in.missing() == 80);
  in.keep();
  CHECK(in.missing() == 80);
  in.lend(heddle::as_bytes(message).subspan(25));
  CHECK(in.missing() == 0);
  in.pop();
  in.lend(heddle::as_bytes(message).first(50));
  CHECK(in.missing() == 55);
  in.end();
  CHECK(in.missing() == 0);
}

TEST_CASE("small messages earn together, the last of them at once") {
  std::string all;
  for (int i = 0; i < 100; ++i) all += framed("sixteen bytes ..");
  inbound in;
  in.reset(100);
  in.lend(heddle::as_bytes(all));
  std::size_t told = 0, earned = 0, taken = 0;
  while (in.has_message()) {
    static_cast<void>(in.message(body_form::whole));
    taken += 21;
    if (std::size_t const n = in.pop(); n != 0) {
      ++told;
      earned += n;
    }
    CHECK(taken - earned < 1024);
  }
  CHECK(told == 3);
  CHECK(earned == all.size());
}

TEST_CASE("what a waiting reader has earned is not earned again") {
  std::string const all = framed("in two batches");
  inbound in;
  in.reset(100);
  in.lend(heddle::as_bytes(all).first(8));
  CHECK(in.earn() == 8);
  CHECK(in.earn() == 0);
  in.keep();
  in.lend(heddle::as_bytes(all).subspan(8));
  static_cast<void>(in.message(body_form::in_pieces));
  CHECK(in.pop() == all.size() - 8);
}
