// The compiled part of heddle::tls, apart so that programs without TLS link no OpenSSL.
#include <heddle/src_tls.hpp>
