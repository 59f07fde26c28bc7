#!/usr/bin/env bash
# run.sh EXAMPLE PROGRAM...: runs the programs of one example as a reader would, with good input and with bad.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
example=$1
for program in "${@:2}"; do PATH=$(dirname "$program"):$PATH; done
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n +1 "$work"/{server.,}{out,err} >&2 2>/dev/null
  exit 1
}
passed() { printf 'ok: %s\n' "$*"; }

# start PROGRAM [ARG...]: a server on a free port; sets $server and $at.
start() {
  : >"$work/server.out"  # before the background process does: it may hold what an earlier server said
  "$@" >"$work/server.out" 2>"$work/server.err" &
  server=$!
  for _ in {1..200}; do
    at=$(sed -n 's/^listening on //p' "$work/server.out")
    [[ -z $at ]] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  fail "$1 did not start"
}

# stop SIGNAL: the server ends well, within 5 s.
stop() {
  local status=0
  kill "-$1" "$server"
  for _ in {1..100}; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  ! kill -0 "$server" 2>/dev/null || fail "the server does not end at $1"
  wait "$server" || status=$?
  server=
  ((status == 0)) || fail "the server ended with $status at $1"
  [[ ! -s $work/server.err ]] || fail "the server complained"
  passed "the server ends at $1"
}

# says GOLDEN COMMAND...: prints that file, nothing to stderr, and ends with 0.
says() {
  local golden=$1 status=0
  shift
  timeout 30 "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == 0)) || fail "$* ended with $status"
  [[ ! -s $work/err ]] || fail "$* complained"
  diff -u "$here/$golden" "$work/out" >&2 || fail "$* printed something else than $golden"
  passed "$* prints $golden"
}

# complains PATTERN COMMAND...: one line on stderr that has PATTERN (a regular expression) in it, and status 1.
complains() {
  local pattern=$1 status=0
  shift
  timeout 30 "$@" >"$work/out" 2>"$work/err" || status=$?
  complained "$pattern" "$status" "$*"
}
complained() {
  (($2 == 1)) || fail "$3 ended with $2, not with 1"
  [[ $(wc -l <"$work/err") == 1 ]] || fail "$3: not one line of complaint"
  grep -q -E -e "$1" "$work/err" || fail "$3: the complaint lacks '$1'"
  passed "$3: $(cat "$work/err")"
}

# What every server and client of the course must do with addresses that are wrong. The client's target comes last:
# wrong_input SERVER CLIENT [ARG...]
wrong_input() {
  local program=$1
  shift
  start "$program" 127.0.0.1:0
  complains "cannot listen on $at: Address already in use" "$program" "$at"
  complains "cannot listen on .*: Cannot assign requested address" "$program" 192.0.2.1:1
  complains 'the port is no number from 0 to 65535' "$program" 127.0.0.1:65536
  complains 'the port is missing' "$program" localhost
  stop INT

  complains "^UNAVAILABLE: cannot connect to $at: Connection refused \(/.*, call_options::wait_for_ready\(\)\)$" "$@" "$at"
  complains "^UNAVAILABLE: cannot connect to 127.0.0.1:1: Connection refused; cannot connect to \[::1\]:1: " "$@" dns:///localhost:1
  complains 'the port is no number from 0 to 65535' "$@" localhost:grpc
  complains 'target "ftp://localhost": unknown scheme' "$@" ftp://localhost
  # Where DNS itself is out of reach, the deadline may come first.
  complains 'nowhere.invalid|waited for a connection' "$@" nowhere.invalid:50051
}

# A server that listens and says nothing; then it is killed while the client waits.
# dead_server SERVER CLIENT [ARG...]
dead_server() {
  local program=$1 client status=0
  shift
  start "$program" 127.0.0.1:0
  kill -STOP "$server"
  timeout 30 "$@" "$at" >"$work/out" 2>"$work/err" &
  client=$!
  sleep 0.5  # so that it is connected, as far as the kernel is concerned; if it is not, that fails as well
  kill -KILL "$server"
  wait "$server" 2>/dev/null || true
  server=
  wait "$client" || status=$?
  complained '^UNAVAILABLE: ' "$status" "$1 with a server that is killed"
}

# The same, and nobody kills it: the call's deadline does.
silent_server() {
  local program=$1
  shift
  start "$program" 127.0.0.1:0
  kill -STOP "$server"
  complains '^DEADLINE_EXCEEDED: ' "$@" "$at"
  kill -CONT "$server"
  stop TERM
}

case $example in
  1_hello)
    start greeter_server 127.0.0.1:0
    says 1_hello.txt greeter_client course "$at"
    complains '^INVALID_ARGUMENT: who are you\?$' greeter_client '' "$at"
    stop INT
    wrong_input greeter_server greeter_client course
    dead_server greeter_server greeter_client course
    silent_server greeter_server greeter_client course
    ;;
  2_route_guide)
    start route_guide_server 127.0.0.1:0
    says 2_route_guide.txt route_guide_client "$at"
    stop INT
    wrong_input route_guide_server route_guide_client
    dead_server route_guide_server route_guide_client
    silent_server route_guide_server route_guide_client
    ;;
  3_share_a_loop | 4_deadlines_and_cancellation)
    program=${example#*_}
    for _ in {1..5}; do says "$example.txt" "$program"; done
    complains "cannot listen on 192.0.2.1:1: Cannot assign requested address" "$program" 192.0.2.1:1
    ;;
  5_tls)
    command -v openssl >/dev/null || { echo "skipped: there is no openssl to make certificates with"; exit 77; }
    certificates=$here/../../examples/5_tls/certificates.sh
    cd "$work"
    "$certificates"
    "$certificates" strangers
    start tls_server 127.0.0.1:0
    says 5_tls.txt tls_client "$at"
    says 5_tls.txt tls_client "localhost:${at##*:}"
    complains "^UNAVAILABLE: .* the server's certificate was refused: " tls_client "$at" strangers
    cp certificates/ca.pem strangers
    complains '^UNAVAILABLE: .* does not trust who issued our certificate' tls_client "$at" strangers
    complains '^nowhere/ca.pem is missing' tls_client "$at" nowhere
    stop INT
    start tls_server 0.0.0.0:0
    complains 'is not for 127.0.0.2, but for localhost, 127.0.0.1, ::1' tls_client "127.0.0.2:${at##*:}"
    stop INT
    complains '^nowhere/server.pem is missing' tls_server 127.0.0.1:0 nowhere
    wrong_input tls_server tls_client
    dead_server tls_server tls_client
    silent_server tls_server tls_client
    ;;
  6_generic_proxy)
    command -v greeter_server >/dev/null || { echo "skipped: greeter_server is built elsewhere"; exit 77; }
    start greeter_server 127.0.0.1:0
    backend=$server target=$at server=
    trap 'kill -KILL "$backend" 2>/dev/null || true; [[ -z $server ]] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT
    start generic_proxy 127.0.0.1:0 "$target"
    says 1_hello.txt greeter_client course "$at"
    complains '^INVALID_ARGUMENT: who are you\?$' greeter_client '' "$at"
    kill -STOP "$backend"
    complains '^DEADLINE_EXCEEDED: ' greeter_client course "$at"
    kill -KILL "$backend"
    wait "$backend" 2>/dev/null || true
    complains "^UNAVAILABLE: " greeter_client course "$at"
    stop INT
    wrong_input generic_proxy greeter_client course
    ;;
  7_testing)
    for _ in {1..5}; do says 7_testing.txt prices_test; done
    ;;
  *) fail "nothing is known of $example" ;;
esac
