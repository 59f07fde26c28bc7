#!/usr/bin/env bash
# go.sh PEER_SERVER PEER_CLIENT PROTOC BUILD_DIR: grpc-go in both roles, and grpcurl. The foreign programs are built in
# BUILD_DIR, in versions that are pinned here and in go/go.mod.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
peer_server=$1 peer_client=$2 protoc=$3 build=$4

command -v go >/dev/null || skip "go is not installed"
version=$(go env GOVERSION)
[[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 26)) || skip "Go 1.26 or later is needed, this is $version"

# ---- building

# install PACKAGE@VERSION, once.
install() {
  local name=${1%@*}
  local stamp=$build/bin/.${name##*/}@${1#*@}
  [[ ! -e $stamp ]] || return 0
  GOBIN=$build/bin go install "$1" 2>"$work/log" || { cat "$work/log" >&2; skip "could not get $1"; }
  touch "$stamp"
}

mkdir -p "$build"/{bin,module/pb}
install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
cp -r "$here"/go/. "$build/module"
PATH=$build/bin:$PATH "$protoc" -I "$here" --go_out="$build/module" --go-grpc_out="$build/module" \
  --go_opt=module=heddle_peer --go-grpc_opt=module=heddle_peer peer.proto
(cd "$build/module" && go mod download) 2>"$work/log" || { cat "$work/log" >&2; skip "could not get grpc-go"; }
(cd "$build/module" && go build -mod=readonly -o "$build/bin/" ./server ./client)

# ---- grpc-go

start "$peer_server"
ours=$address
within 120 "$build/bin/client" "$ours"

# Server after server is stopped while the next one listens on the same port: no call may be lost.
start "$peer_server"
busy=$address
"$build/bin/client" "$busy" 4 >"$work/flood" 2>&1 &
flood=$!
started+=("$flood")
for _ in {1..8}; do
  sleep 0.4
  old=$server
  start "$peer_server" "$busy"
  kill -TERM "$old"
done
wait "$flood" || { cat "$work/flood" >&2; die "calls were lost while servers were stopped"; }
cat "$work/flood"

start "$build/bin/server"
HEDDLE_PEER_TARGET=$address within 120 "$peer_client"

# ---- grpcurl, which knows our server by the .proto alone

grpcurl() {
  "$build/bin/grpcurl" -plaintext -max-time 20 -import-path "$here" -proto peer.proto "${@:1:$#-1}" "$ours" \
    "heddle_peer.Peer/${!#}" 2>&1
}

# expect NAME OUTPUT PATTERN...
expect() {
  local name=$1 output=$2 pattern
  shift 2
  for pattern in "$@"; do grep -qF -- "$pattern" <<<"$output" || die "grpcurl, $name: no '$pattern' in: $output"; done
  echo "ok: grpcurl, $name"
}

expect unary "$(grpcurl -v -H 'echo-head: here' -H 'echo-tail-bin: AP8B' -d '{"number": 7}' Echo)" \
  '"number": 7' 'echo-head: here' 'echo-tail-bin: AP8B' 'content-type: application/grpc'
messages='{"number": 1, "payload": "YWJj"} {"number": 2, "payload": "YWJj"}'
expect "server streaming" "$(grpcurl -d '{"count": 3, "size": 1}' Download)" '"number": 1' '"number": 2'
expect "client streaming" "$(grpcurl -d "$messages" Upload)" '"messages": "2"' '"bytes": "6"'
expect "bidirectional streaming" "$(grpcurl -d "$messages" Chat)" '"number": 1' '"number": 2'
failure='{"code": 5, "message": "nicht da: 天気 %", "details": [{"text": "why"}]}'
expect "an error" "$(grpcurl -d "$failure" Fail || true)" \
  'Code: NotFound' 'Message: nicht da: 天気 %' '"text": "why"'
expect "a deadline" "$(grpcurl -max-time 1 -d '{}' Sleep || true)" '"milliseconds": "9' 'Code: DeadlineExceeded'
