#!/usr/bin/env bash
# grpcurl knows nothing of our services but what reflection tells it.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
installed grpcurl bin/grpcurl

security=(-plaintext)
call() { within 30 "$tool" "${security[@]}" "$@"; }
# fails STATUS ARGUMENT...
fails() {
  local wanted=$1
  shift
  ! timeout 30 "$tool" "${security[@]}" "$@" >"$work/output" 2>&1 || die "should have failed: $*"
  says "$(<"$work/output")" "Code: $wanted"
}

serve

# ---- reflection
services="$channelz $health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection $tests"
for service in $services; do says "$(call "$target" list)" "(^| )$service( |\$)"; done
says "$(call "$target" list $tests)" $tests.EmptyCall $tests.FullDuplexCall
says "$(call "$target" describe $tests.StreamingOutputCall)" \
  'StreamingOutputCall \( .grpc.testing.StreamingOutputCallRequest \) returns \( stream'
says "$(call "$target" describe grpc.testing.SimpleRequest)" 'message SimpleRequest' 'int32 response_size = 2'
says "$(call "$target" describe grpc.health.v1.HealthListResponse)" 'map<string, .grpc.health.v1.HealthCheckResponse>'
says "$(call "$target" describe grpc.channelz.v1.SocketData)" 'google.protobuf.Int64Value local_flow_control_window = 11'
! timeout 30 "$tool" "${security[@]}" "$target" describe grpc.testing.Nobody >"$work/output" 2>&1 ||
  die "a symbol of nobody was described"
says "$(<"$work/output")" 'not found: grpc.testing.Nobody'
for version in v1 v1alpha; do
  says "$(call -d '{"list_services": ""} {"file_containing_symbol": "a.B"} {"file_by_filename": "grpc/testing/empty.proto"}' \
    "$target" grpc.reflection.$version.ServerReflection/ServerReflectionInfo)" \
    "\"name\": \"$tests\"" '"errorCode": 5' '"fileDescriptorProto": \['
done

# ---- calls of all four kinds
says "$(call -d '{}' "$target" $tests/EmptyCall)" '^\{\}$'
says "$(call -d '{"response_size": 3}' "$target" $tests/UnaryCall)" '"body": "AAAA"'
says "$(call -d '{"response_parameters": [{"size": 3}, {"size": 6}]}' "$target" $tests/StreamingOutputCall)" \
  '"body": "AAAA".*"body": "AAAAAAAA"'
says "$(call -d '{"payload": {"body": "AAAA"}} {"payload": {"body": "AAAAAAAA"}}' "$target" $tests/StreamingInputCall)" \
  '"aggregatedPayloadSize": 9'
says "$(call -d '{"response_parameters": [{"size": 3}]} {"response_parameters": [{"size": 6}]}' \
  "$target" $tests/FullDuplexCall)" '"body": "AAAA".*"body": "AAAAAAAA"'
fails NotFound -d '{"response_status": {"code": 5, "message": "?"}}' "$target" $tests/UnaryCall

# ---- health
says "$(call "$target" $health/Check)" '"status": "SERVING"'
says "$(call -d "{\"service\": \"$tests\"}" "$target" $health/Check)" '"status": "SERVING"'
fails NotFound -d '{"service": "nobody"}' "$target" $health/Check
says "$(call "$target" $health/List)" "\"$tests\": \{ +\"status\": \"SERVING\""
# Watch stays open: it ends with the deadline.
timeout 30 "$tool" "${security[@]}" -max-time 1 -d '{"service": "nobody"}' "$target" $health/Watch >"$work/watched" 2>&1 || true
says "$(<"$work/watched")" '"status": "SERVICE_UNKNOWN"' 'Code: DeadlineExceeded'

# ---- channelz

# ids TEXT FIELD: the numbers of a field.
ids() { grep -o "\"$2\": \"[0-9]*\"" <<<"$1" | grep -o '[0-9]*'; }

look_at_channelz() {
  local servers server sockets socket
  servers=$(call "$target" $channelz/GetServers)
  says "$servers" '"callsStarted": "[0-9]+"' '"callsSucceeded": "[0-9]+"' '"lastCallStartedTimestamp": "20' '"end": true' \
    '"listenSocket": \['
  server=$(ids "$servers" serverId)
  says "$(call -d "{\"server_id\": $server}" "$target" $channelz/GetServer)" "\"serverId\": \"$server\""
  fails NotFound -d '{"server_id": 777777}' "$target" $channelz/GetServer
  says "$(call "$target" $channelz/GetTopChannels)" '^\{ +"end": true'
  # A client that holds its connection open while others look at it.
  rm -f "$work/requests"
  mkfifo "$work/requests"
  timeout 60 "$tool" "${security[@]}" -d @ "$target" $tests/FullDuplexCall <"$work/requests" >"$work/replies" 2>&1 &
  started+=("$!")
  exec 4>"$work/requests"
  printf '{"response_parameters": [{"size": 3}]}\n' >&4
  for _ in {1..100}; do ! grep -q AAAA "$work/replies" || break; sleep 0.1; done
  sockets=$(call -d "{\"server_id\": $server}" "$target" $channelz/GetServerSockets)
  socket=$(ids "$sockets" socketId | head -n 1)
  says "$(call -d "{\"socket_id\": $socket}" "$target" $channelz/GetSocket)" "\"socketId\": \"$socket\"" \
    '"streamsStarted": "[0-9]+"' '"messagesSent": "[0-9]+"' '"messagesReceived": "[0-9]+"' \
    '"lastRemoteStreamCreatedTimestamp": "20' '"localFlowControlWindow": "[0-9]+"' '"remoteFlowControlWindow": "[0-9]+"' \
    "\"local\": \\{ +\"tcpipAddress\": \\{ +\"ipAddress\": \"fwAAAQ==\", +\"port\": ${target##*:} " \
    '"remote": \{ +"tcpipAddress": \{ +"ipAddress": "fwAAAQ=="' "$@"
  exec 4>&-
}
look_at_channelz

# ---- the same over TLS
stop_all
rm -f "$work"/server.*  # where it would still be read that the last one listens
"$interop/../support/certs.sh" "$work/certs"
if ! "$bin/interop_server" --port=0 --use_tls=true 2>&1 </dev/null | grep -q 'without heddle::tls'; then
  serve --use_tls=true --tls_cert_file="$work/certs/server1.pem" --tls_key_file="$work/certs/server1.key"
  security=(-cacert "$work/certs/ca.pem" -authority foo.test.google.fr)
  says "$(call "$target" list)" "$health"
  look_at_channelz '"security": \{ +"tls": \{ +"standardName": "TLS_[A-Z0-9_]+"'
fi
