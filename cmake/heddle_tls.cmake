# heddle::tls: OpenSSL, and the compiled part of TLS as an archive. A program in the header-only form defines all that
# by itself, so its linker takes nothing from the archive.
if(HEDDLE_TLS STREQUAL "AUTO")
  find_package(OpenSSL 3.0 QUIET GLOBAL)
elseif(HEDDLE_TLS)
  find_package(OpenSSL 3.0 REQUIRED GLOBAL)
endif()
if(NOT HEDDLE_TLS OR NOT TARGET OpenSSL::SSL)
  return()
endif()

add_library(heddle_tls STATIC ${unless_linked} cmake/compiled_tls.cpp cmake/compiled_asio_ssl.cpp)
target_link_libraries(heddle_tls PUBLIC heddle OpenSSL::SSL PRIVATE heddle_compiled)
heddle_warnings(heddle_tls)
add_library(heddle::tls ALIAS heddle_tls)
