// What compiled_asio.cpp is to heddle::compiled, for heddle::tls.
#include <boost/asio/ssl/impl/src.hpp>
