#include <heddle/base/status.hpp>

#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <heddle/base/status_io.hpp>

#include "support/catch.hpp"

using heddle::status;
using heddle::status_code;
using heddle::status_origin;

static_assert(sizeof(status) == sizeof(void*));
static_assert(std::is_nothrow_default_constructible_v<status>);
static_assert(std::is_nothrow_copy_constructible_v<status>);
static_assert(std::is_nothrow_move_constructible_v<status>);
static_assert(!std::is_convertible_v<status_code, status>);
static_assert(heddle::ok.is_ok());

namespace {

// What add_detail() and detail() ask of a protobuf message, and no more.
template <int Type>
class fake_message {
 public:
  std::string text;
  std::string GetTypeName() const { return "test.Type" + std::to_string(Type); }
  std::string SerializeAsString() const { return "<" + text + ">"; }
  bool ParseFromString(std::string const& bytes) {
    if (bytes.size() < 2 || bytes.front() != '<' || bytes.back() != '>') return false;
    text = bytes.substr(1, bytes.size() - 2);
    return true;
  }
};

status answer_ok() { return heddle::ok; }

}  // namespace

TEST_CASE("an OK status is empty, and nothing can be put into it") {
  status s = answer_ok();
  s.set_message("message").set_origin(status_origin::peer).add_detail("type", "value");
  s.set_trailers(heddle::metadata());
  CHECK(s.is_ok());
  CHECK(s.code() == status_code::ok);
  CHECK(s.message().empty());
  CHECK(s.origin() == status_origin::local);
  CHECK(s.details().empty());
  CHECK(s.trailers().empty());
  CHECK(s == status(status_code::ok, "dropped"));
  CHECK(to_string(s) == "OK");
}

TEST_CASE("a status tells its code, message and origin") {
  status const s(status_code::not_found, "no such feature", status_origin::peer);
  CHECK_FALSE(s.is_ok());
  CHECK(s.code() == status_code::not_found);
  CHECK(s.message() == "no such feature");
  CHECK(s.origin() == status_origin::peer);
  CHECK(status(status_code::aborted).origin() == status_origin::local);
}

TEST_CASE("a status prints its code and its message") {
  std::ostringstream out;
  out << status(status_code::not_found, "no such feature") << '|' << status(status_code::aborted) << '|'
      << status_code::data_loss;
  CHECK(out.str() == "NOT_FOUND: no such feature|ABORTED|DATA_LOSS");
}

TEST_CASE("statuses are equal when code and message are") {
  status const s(status_code::internal, "a");
  CHECK(s == status(status_code::internal, "a", status_origin::transport));
  CHECK_FALSE(s == status(status_code::internal, "b"));
  CHECK_FALSE(s == status(status_code::unknown, "a"));
  CHECK_FALSE(s == heddle::ok);
}

TEST_CASE("changing a copy of a status leaves the original as it was") {
  heddle::metadata trailers;
  trailers.add("key", "value");
  status original(status_code::internal, "first");
  original.set_trailers(trailers).add_detail("a/b", "c");

  status copy = original;
  copy.set_message("second").set_origin(status_origin::peer).add_detail("d", "e").set_trailers(heddle::metadata());
  CHECK(original.message() == "first");
  CHECK(original.origin() == status_origin::local);
  CHECK(original.details().size() == 1);
  CHECK(original.trailers() == trailers);
  CHECK(copy.message() == "second");
  CHECK(copy.origin() == status_origin::peer);
  CHECK(copy.code() == status_code::internal);
  CHECK(copy.details().size() == 2);
  CHECK(copy.trailers().empty());
}

TEST_CASE("a status that was moved from is OK") {
  status a(status_code::internal, "x");
  status b = std::move(a);
  CHECK(a.is_ok());  // NOLINT: this is what is tested
  CHECK(b.message() == "x");
  a = b;
  b = heddle::ok;
  CHECK(a.message() == "x");
  a = *&a;
  CHECK(a.message() == "x");
}

TEST_CASE("details are found by their message type") {
  fake_message<1> one;
  one.text = "first";
  status s(status_code::internal, "x");
  s.add_detail("type.googleapis.com/test.Type1", "broken").add_detail(one);
  one.text = "second";
  s.add_detail(one);

  CHECK(s.details()[1].type_url() == "type.googleapis.com/test.Type1");
  CHECK(s.details()[1].type_name() == "test.Type1");
  auto const found = s.detail<fake_message<1>>();
  REQUIRE(found.has_value());
  CHECK(found->text == "first");
  CHECK_FALSE(s.detail<fake_message<2>>().has_value());
  CHECK_FALSE(status().detail<fake_message<1>>().has_value());
}

TEST_CASE("the type name of a detail is what follows the last slash") {
  CHECK(heddle::status_detail("a/b/c.D", "").type_name() == "c.D");
  CHECK(heddle::status_detail("c.D", "").type_name() == "c.D");
  CHECK(heddle::status_detail("a/", "").type_name().empty());
  CHECK(heddle::status_detail().type_name().empty());
}

TEST_CASE("copies of a status are made and destroyed on several threads") {
  status const shared(status_code::internal, "shared");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = shared]() mutable {
      for (int round = 0; round < 1000; ++round) {
        status another = copy;
        another.set_message("own");
        copy = status(another).set_message("shared");
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(shared.message() == "shared");
}
