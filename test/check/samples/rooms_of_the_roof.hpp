// as: include/heddle/client/rooms_of_the_roof.hpp check: layers
#include <boost/asio.hpp>  // reject: whole_library
#include <boost/asio/ssl/context.hpp>  // reject: door
#include <boost/asio/steady_timer.hpp>  // reject: clock
#include <boost/beast.hpp>  // reject: whole_library
#include <boost/beast/http.hpp>  // reject: foreign
#include <boost/container/small_vector.hpp>  // lint: allow foreign because a sample shows it
#include <heddle/gateway/page.hpp>  // reject: room
#include <heddle/middleware/auth.hpp>  // reject: room
#include <heddle/server/server.hpp>  // reject: room
#include <heddle/services/health.hpp>  // reject: room
#include <heddle/testing/manual_clock.hpp>  // reject: room
#include <openssl/ssl.h>  // reject: door
#include <sys/socket.h>  // reject: foreign
#include <zlib.h>  // reject: door
#include <zstd.h>  // reject: door
