// Asio for heddle::compiled, in a unit of its own: a program that compiles Asio itself takes nothing from here.
#include <boost/asio/impl/src.hpp>
