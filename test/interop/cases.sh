# Which of gRPC's interop cases there are, and who can do which. To be sourced.

basic_cases="empty_unary large_unary client_streaming server_streaming ping_pong empty_stream cancel_after_begin
  cancel_after_first_response timeout_on_sleeping_server status_code_and_message special_status_message custom_metadata
  unimplemented_method unimplemented_service"
soak_cases="rpc_soak channel_soak"
orca_cases="orca_per_rpc orca_oob"
compressed_cases="client_compressed_unary server_compressed_unary client_compressed_streaming
  server_compressed_streaming"

# All that go-interop-client has, but for those that need an account in somebody's cloud.
go_client_cases="$basic_cases pick_first_unary $soak_cases $orca_cases"
all_cases="$go_client_cases $compressed_cases"

# cases_of SERVER CLIENT: those that pass. No server but ours says who it is (pick_first_unary) or looks at what came
# compressed; tonic can't set trailers of a stream that ends with OK; load reports are where the ORCA service is.
cases_of() {
  local cases="$basic_cases $soak_cases"
  case $1 in
    heddle) cases="$go_client_cases" ;;
    go) cases+=" $orca_cases" ;;
    go_testserver) cases+=" orca_per_rpc" ;;
    tonic) cases=${cases/custom_metadata/} ;;
  esac
  [[ $1 != heddle || $2 != heddle ]] || cases+=" $compressed_cases"
  echo $cases
}
