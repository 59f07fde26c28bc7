// The foreign server that the tests of our client call.
#pragma once

#include <string>
#include <vector>

namespace heddle_peer {

/// Where a server of heddle_peer.Peer that is not heddle's listens.
std::string foreign_target();
/// How it can compress.
std::vector<std::string> foreign_encodings();

/// Everything that percent-encoding and UTF-8 can get wrong.
inline constexpr char const* hard_message = "100 % nicht da: \xE5\xA4\xA9\xE6\xB0\x97 \xF0\x9F\x98\x80\t\r\n\"%E5%\x7F";

}  // namespace heddle_peer
