#include <heddle/base/base64.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

std::string encode(std::string_view bytes) {
  std::string out = ">";
  heddle::base64_encode(bytes, out);
  return out.substr(1);
}

// "!" for text that is refused.
std::string decode(std::string_view text) {
  std::string out = ">";
  if (heddle::base64_decode(text, out)) return out.substr(1);
  CHECK(out == ">");
  return "!";
}

}  // namespace

TEST_CASE("base64 of the RFC 4648 examples is written without padding and read with or without it") {
  struct row {
    char const *name, *padded;
  };
  for (row const& r : {row{"", ""}, row{"f", "Zg=="}, row{"fo", "Zm8="}, row{"foo", "Zm9v"}, row{"foob", "Zm9vYg=="},
                       row{"fooba", "Zm9vYmE="}, row{"foobar", "Zm9vYmFy"}}) {
    INFO(r.name);
    std::string const unpadded(r.padded, std::string_view(r.padded).find_last_not_of('=') + 1);
    CHECK(encode(r.name) == unpadded);
    CHECK(decode(unpadded) == r.name);
    CHECK(decode(r.padded) == r.name);
  }
}

TEST_CASE("base64 of all bytes in all positions comes back") {
  std::string bytes;
  for (int i = 0; i < 768; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 256));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    std::string_view const part(bytes.data(), size);
    std::string const text = encode(part);
    bool const same = text.size() == heddle::base64_encoded_size(size) && decode(text) == part;
    if (!same) CHECK(size == bytes.size() + 1);
  }
}

TEST_CASE("left-over bits that are not zero are ignored") {
  CHECK(decode("Zh") == "f");
  CHECK(decode("Zm9") == "fo");
}

TEST_CASE("text that is not base64 is refused") {
  for (char const* text : {"Z", "Zm9vY", "=", "==", "====", "Z===", "Zg=", "Zm8==", "Zg==Zg==", "Z=g=", "Zm9v====",
                           "Zm 8", "Zm9v\n", "Zm-_", "Zm,8", "Zg=a", "\xC3\xA9zz"}) {
    INFO(text);
    CHECK(decode(text) == "!");
  }
}

TEST_CASE("exactly the 64 characters of the alphabet are taken") {
  int taken = 0;
  for (int c = 0; c < 256; ++c)
    if (decode(std::string(1, static_cast<char>(c)) + "AAA") != "!") ++taken;
  CHECK(taken == 64);
}
