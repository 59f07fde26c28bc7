// All that generated clients use.
#pragma once

#include <heddle/client/calls.hpp>
#include <heddle/client/channel.hpp>
#include <heddle/client/unary.hpp>
