# For the scripts of this folder, which are run as SCRIPT PEER_SERVER [...]: each process that they start is stopped by
# its id, whatever happens.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
started=()

stop_all() {
  local pid
  for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  started=()
}
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

die() { printf '%s\n' "$*" >&2; exit 1; }
# Where HEDDLE_REQUIRE_PEERS is set, nothing may be skipped.
skip() {
  [[ -z ${HEDDLE_REQUIRE_PEERS:-} ]] || die "HEDDLE_REQUIRE_PEERS is set, and this would be skipped: $*"
  printf 'skipped: %s\n' "$*"
  exit 77
}

# start PROGRAM [ARG...]: a server that prints its address first; leaves that in $address and its id in $server. It ends
# after five minutes even if this script cannot end it.
start() {
  local out=$work/server.${#started[@]}
  timeout --kill-after=5 300 "$@" >"$out" 2>"$out.log" &
  server=$!
  started+=("$server")
  for _ in {1..100}; do
    if { read -r address <"$out"; } 2>/dev/null; then return 0; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$out.log" >&2
  die "$1 did not say where it listens"
}

# within SECONDS COMMAND...: its output, unless it fails.
within() {
  local seconds=$1 status=0
  shift
  timeout --kill-after=5 "$seconds" "$@" >"$work/output" 2>&1 || status=$?
  ((status == 0)) || { cat "$work/output" >&2; die "ended with $status: $*"; }
  cat "$work/output"
}
