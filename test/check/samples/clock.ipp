// as: include/heddle/transport/clock.ipp check: layers
#include <boost/asio/steady_timer.hpp>
