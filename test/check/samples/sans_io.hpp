// as: include/heddle/http2/sans_io.hpp check: headers
#pragma once
#include <string>
#include <heddle/transport/good.hpp>  // reject: sans_io
