// Unix sockets: their names, and the files of those that listen.
#include <chrono>
#include <fstream>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <heddle/transport/socket_address.hpp>
#include <heddle/transport/socket_file.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace asio = boost::asio;
using boost::system::error_code;
using heddle::endpoint;
using heddle::test::folder;
using heddle::transport::remove_dead_socket;
using heddle::transport::socket_file;
using heddle::transport::to_endpoint;
using heddle::transport::to_socket_address;
using local = asio::local::stream_protocol;

namespace {

bool exists(std::string const& path) {
  struct stat found;
  return ::lstat(path.c_str(), &found) == 0;
}

}  // namespace

TEST_CASE("endpoints have texts") {
  CHECK(endpoint::at_path("/run/x").to_string() == "unix:/run/x");
  CHECK(endpoint::at_path("/run/x").to_target() == "unix:/run/x");
  CHECK(endpoint::at_abstract("x").to_string() == "unix-abstract:x");
  CHECK(endpoint("127.0.0.1", 80).to_target() == "ipv4:127.0.0.1:80");
  CHECK(endpoint("::1", 80).to_target() == "ipv6:[::1]:80");
  CHECK(endpoint::at_path("/run/x") != endpoint::at_abstract("/run/x"));
}

TEST_CASE("endpoints become addresses of the system and come back") {
  using namespace std::string_literals;
  for (endpoint const& e : {endpoint("127.0.0.1", 80), endpoint("::1", 65535), endpoint::at_path("/run/x"),
                            endpoint::at_path("x"), endpoint::at_abstract("x"), endpoint::at_abstract("a\0b"s)}) {
    INFO(e.to_string());
    error_code ec;
    auto const address = to_socket_address(e, ec);
    CHECK(!ec);
    CHECK(to_endpoint(address) == e);
  }
  error_code ec;
  to_socket_address(endpoint("localhost", 80), ec);
  CHECK(ec == asio::error::invalid_argument);
  to_socket_address(endpoint::at_path(std::string(107, 'x')), ec);
  CHECK(!ec);
  to_socket_address(endpoint::at_path(std::string(108, 'x')), ec);
  CHECK(ec == boost::system::errc::filename_too_long);
}

TEST_CASE("the peer of an accepted Unix socket has the name of the one that listened") {
  folder const f;
  asio::io_context context;
  for (local::endpoint const& where :
       {local::endpoint(f.path("s")), local::endpoint(std::string("\0heddle-peer", 12) + std::to_string(::getpid()))}) {
    local::acceptor acceptor(context, where);
    local::socket client(context), server(context);
    client.connect(where);
    acceptor.accept(server);
    std::string const name = to_endpoint(where).to_string();
    CHECK(heddle::transport::peer_of(std::move(server)) == name);
    CHECK(heddle::transport::peer_of(std::move(client)) == name);
  }
  local::socket a(context), b(context);
  asio::local::connect_pair(a, b);
  CHECK(heddle::transport::peer_of(std::move(a)) == "unix:");
  CHECK(heddle::transport::peer_of(heddle::transport::socket_protocol::socket(context)) == "unknown");
}

TEST_CASE("only a socket file at which nobody listens is dead") {
  folder const f;
  std::string const path = f.path("s");
  asio::io_context context;
  CHECK(!remove_dead_socket(path));
  SECTION("a live one, also one that is behind with accepting") {
    local::acceptor acceptor(context, local::endpoint(path));
    acceptor.listen(0);
    for (int i = 0; i < 3; ++i) CHECK(!remove_dead_socket(path));
    CHECK(exists(path));
    acceptor.close();
    CHECK(exists(path));
    CHECK(remove_dead_socket(path));
    CHECK(!exists(path));
  }
  SECTION("one that is bound for datagrams") {
    asio::local::datagram_protocol::socket other(context, asio::local::datagram_protocol::endpoint(path));
    CHECK(!remove_dead_socket(path));
    CHECK(exists(path));
  }
  SECTION("a file, a folder, a link to a dead socket") {
    std::ofstream(path) << "precious";
    CHECK(!remove_dead_socket(path));
    CHECK(!remove_dead_socket(f.path("")));
    { local::acceptor const dead(context, local::endpoint(f.path("dead"))); }
    REQUIRE(::symlink(f.path("dead").c_str(), f.path("link").c_str()) == 0);
    CHECK(!remove_dead_socket(f.path("link")));
    CHECK(exists(path));
    CHECK(exists(f.path("dead")));
  }
}

TEST_CASE("a socket file goes with its owner, unless it is another's by then") {
  folder const f;
  std::string const path = f.path("s");
  asio::io_context context;
  local::acceptor acceptor(context, local::endpoint(path));
  SECTION("removed") {
    socket_file a(path);
    socket_file b(std::move(a));
    a.remove();
    CHECK(exists(path));
    socket_file const c = std::exchange(b, socket_file());
    CHECK(exists(path));
  }
  SECTION("another's") {
    socket_file const a(path);
    REQUIRE(::rename(path.c_str(), f.path("old").c_str()) == 0);
    local::acceptor const next(context, local::endpoint(path));
  }
  CHECK(exists(path) == exists(f.path("old")));
}

TEST_CASE("who starts at the same time waits for the lock of the folder") {
  folder const f;
  auto const start = std::chrono::steady_clock::now();
  std::optional<heddle::transport::directory_lock> first(std::in_place, f.path("a"));
  heddle::transport::directory_lock const elsewhere("/nonexistent/a");  // goes without
  { heddle::transport::directory_lock const second(f.path("b")); }     // gives up after half a second
  auto const waited = std::chrono::steady_clock::now() - start;
  CHECK(waited >= std::chrono::milliseconds(400));
  CHECK(waited < std::chrono::seconds(20));
}
