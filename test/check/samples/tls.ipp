// as: include/heddle/transport/tls.ipp check: layers
#include <openssl/ssl.h>
#include <boost/asio/ssl/context.hpp>
