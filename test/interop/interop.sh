#!/usr/bin/env bash
# interop.sh BIN SERVER CLIENT [plain|tls]: gRPC's interop cases between two implementations (heddle, grpcpp, go,
# go_testserver, tonic; clients are heddle and go). BIN has our programs, install.sh makes the others.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
here=$here/../interop
bin=$1 server_name=$2 client_name=$3 security=${4:-plain}
cases=(empty_unary large_unary client_streaming server_streaming ping_pong empty_stream cancel_after_begin
  cancel_after_first_response timeout_on_sleeping_server status_code_and_message special_status_message
  custom_metadata unimplemented_method unimplemented_service)

# Cases that a server fails with gRPC's own client, too.
declare -A known=(
  [tonic/custom_metadata]="tonic cannot set trailers of a stream that ends with OK"
)

# ---- programs

# installed GROUP PROGRAM: prints where that is.
installed() {
  "$here/install.sh" "$1" >&2 || return $?
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop/bin/$2"
}

program() {
  case $1 in
    heddle-*) echo "$bin/interop_${1#*-}" ;;
    grpcpp-server) echo "$bin/grpcpp_interop_server" ;;
    go-*) installed go "go-interop-${1#*-}" ;;
    go_testserver-server) installed go go-testserver ;;
    tonic-server) installed tonic tonic-interop-server ;;
    *) die "there is no $1" ;;
  esac
}

find_program() {
  local status=0
  found=$(program "$1") || status=$?
  ((status != 77)) || skip "$1 cannot be built here"
  ((status == 0)) || exit 1
  [[ -x $found ]] || skip "$found is not built"
}

find_program "$server_name-server"; server_program=$found
find_program "$client_name-client"; client_program=$found

# ---- the server

server_flags=() client_flags=()
if [[ $security == tls ]]; then
  "$here/../support/certs.sh" "$work/certs"
  server_flags=(--use_tls=true --tls_cert_file="$work/certs/server1.pem" --tls_key_file="$work/certs/server1.key")
  client_flags=(--use_tls=true --use_test_ca=true --ca_file="$work/certs/ca.pem"
    --server_host_override=foo.test.google.fr)
fi

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# None of the programs says which port it got, so it is chosen here; somebody may take it in between.
start_server() {
  for _ in {1..5}; do
    port=$((20000 + RANDOM % 12000))
    ! answers || continue
    timeout --kill-after=5 300 "$server_program" --port="$port" "${server_flags[@]}" >"$work/server.log" 2>&1 &
    server=$!
    started+=("$server")
    for _ in {1..100}; do
      kill -0 "$server" 2>/dev/null || break
      ! answers || return 0
      sleep 0.1
    done
  done
  cat "$work/server.log" >&2
  die "$server_name does not answer"
}
start_server

# ---- the cases

failed=()
for name in "${cases[@]}"; do
  status=0
  timeout --kill-after=5 40 "$client_program" --server_host=127.0.0.1 --server_port="$port" --test_case="$name" \
    "${client_flags[@]}" >"$work/output" 2>&1 || status=$?
  why=${known[$server_name/$name]:-}
  if [[ -n $why ]] && ((status == 0)); then
    echo "FAILED: $name passes now, though it is known that $why"
    failed+=("$name")
  elif [[ -n $why ]]; then
    echo "known to fail: $name: $why"
  elif ((status == 0)); then
    echo "ok: $name"
  else
    echo "FAILED: $name ended with $status: $(tail -n 3 "$work/output" | cut -c1-400)"
    failed+=("$name")
  fi
done
kill -0 "$server" || die "the server has ended"
((${#failed[@]} == 0)) || { tail -n 20 "$work/server.log" >&2; die "failed: ${failed[*]}"; }
