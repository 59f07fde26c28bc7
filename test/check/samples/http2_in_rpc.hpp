// as: include/heddle/rpc/http2_in_rpc.hpp check: layers
#include <google/protobuf/message.h>  // reject: door
#include <heddle/hpack/decoder.hpp>  // reject: room
#include <heddle/http2/frame.hpp>  // reject: room
