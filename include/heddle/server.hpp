// Everything a server needs.
#pragma once

#include <heddle/server/server.hpp>
