// as: include/heddle/base/asio_in_base.hpp check: layers
#include <string>
#include <boost/asio/awaitable.hpp>  // reject: foreign
#include <boost/system/error_code.hpp>
#include <heddle/base/bytes.hpp>
#include <heddle/rpc/status.hpp>  // reject: room
#include <heddle/heddle.hpp>  // reject: room
#include "bytes.hpp"  // reject: quoted_include
std::chrono::steady_clock::time_point earlier;
auto now = std::chrono::steady_clock::now();  // reject: clock
