// TLS for servers and clients. Needs OpenSSL: link heddle::tls.
#pragma once

#include <heddle/client/connect_tls.hpp>
#include <heddle/transport/auth.hpp>
#include <heddle/transport/tls.hpp>
