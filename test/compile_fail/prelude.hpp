// What every case may use; precompiled, hence not guarded.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "helloworld.heddle.hpp"
#include "lab.heddle.hpp"

namespace asio = boost::asio;
using helloworld::greeter;
using helloworld::HelloReply;
using helloworld::HelloRequest;
using lab::echo;
using lab::Text;
