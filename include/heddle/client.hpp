// Everything a client needs.
#pragma once

#include <heddle/client/channel.hpp>
#include <heddle/client/generic.hpp>
#include <heddle/client/stub.hpp>
