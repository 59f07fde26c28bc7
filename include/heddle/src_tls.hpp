// The compiled mode of TLS, apart from heddle/src.hpp: exactly one translation unit of a program with TLS includes
// this.
#pragma once

#ifndef HEDDLE_SEPARATE_COMPILATION
#error heddle/src_tls.hpp needs HEDDLE_SEPARATE_COMPILATION in every translation unit
#endif

#include <heddle/transport/tls.ipp>
#include <heddle/transport/tls_auth.ipp>
#include <heddle/transport/tls_context.ipp>
#include <heddle/transport/tls_stream.ipp>
#include <heddle/transport/tls_text.ipp>

#include <heddle/client/connect_tls.ipp>
