#!/usr/bin/env bash
# interop.sh BIN SERVER CLIENT [plain|tls|test_ca [nginx|haproxy|generic_proxy|none [CASE...]]]: gRPC's interop cases
# between two implementations (heddle, grpcpp, go, go_testserver, tonic; clients are heddle and go), perhaps through a
# proxy. BIN has our programs, install.sh makes the others. tls: with certificates made here; test_ca: with those that
# server go brings along, and the CA that clients bring along. A CASE may be followed by flags of its own: 'rpc_soak
# --soak_num_threads=2'. Without CASE those that are known to pass are run. Prints one line a case, "ok: ..." or
# "FAILED: ...".
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
here=$here/../interop
bin=$1 server_name=$2 client_name=$3 security=${4:-plain} proxy=${5:-none}
. "$here/cases.sh"
if (($# > 5)); then
  cases=("${@:6}")
else
  read -r -a cases <<<"$(cases_of "$server_name" "$client_name")"
  # Our programs are without load reports where their protos were not there.
  [[ " $("$bin/interop_client" --test_case=list | tr '\n' ' ')" == *" orca_"* ]] ||
    read -r -a cases <<<"$(printf '%s\n' "${cases[@]}" | grep -v ^orca_ | tr '\n' ' ')"
fi

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
  [[ -x $found ]] || skip "${found##*/} is not built"
}

find_program "$server_name-server"; server_program=$found
find_program "$client_name-client"; client_program=$found

# ---- the server, and what stands before it

server_flags=() client_flags=()
if [[ $security == tls ]]; then
  "$here/../support/certs.sh" "$work/certs"
  cat "$work/certs"/server1.{pem,key} >"$work/certs/both.pem"
  server_flags=(--use_tls=true --tls_cert_file="$work/certs/server1.pem" --tls_key_file="$work/certs/server1.key")
  client_flags=(--use_tls=true --use_test_ca=true --ca_file="$work/certs/ca.pem"
    --server_host_override=foo.test.google.fr)
elif [[ $security == test_ca ]]; then
  [[ $server_name == go && $proxy == none ]] || die "only server go has certificates of its own"
  server_flags=(--use_tls=true)
  client_flags=(--use_tls=true --use_test_ca=true --server_host_override=foo.test.google.fr)
fi

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# None of the programs says which port it got, so it is chosen here; somebody may take it in between.
# listen_on_a_port FUNCTION: which runs something that listens on $port; leaves its id in $server.
listen_on_a_port() {
  for _ in {1..5}; do
    port=$((20000 + RANDOM % 12000))
    ! answers || continue
    "$1" &
    server=$!
    started+=("$server")
    for _ in {1..100}; do
      kill -0 "$server" 2>/dev/null || break
      ! answers || return 0
      sleep 0.1
    done
  done
  cat "$work"/*.log >&2
  die "$server_name, or the proxy before it, does not answer"
}

run_server() {
  exec timeout --kill-after=5 900 "$server_program" --port="$port" "${server_flags[@]}" >"$work/server.log" 2>&1
}
listen_on_a_port run_server
serving=$server

# A configuration of proxies/, with the ports and the certificates filled in.
configure_proxy() {
  sed -e "s|@PORT@|$port|; s|@BACKEND@|$backend|; s|@TLS_CERT@|$work/certs/server1.pem|" \
    -e "s|@TLS_KEY@|$work/certs/server1.key|; s|@TLS_BOTH@|$work/certs/both.pem|" "$here/proxies/$1" >"$work/$1"
}

run_nginx() {
  configure_proxy "nginx_$security.conf"
  exec timeout --kill-after=5 900 nginx -c "$work/nginx_$security.conf" -p "$work" -g 'daemon off;' >"$work/proxy.log" 2>&1
}

run_haproxy() {
  configure_proxy "haproxy_$security.cfg"
  exec timeout --kill-after=5 900 haproxy -f "$work/haproxy_$security.cfg" -db >"$work/proxy.log" 2>&1
}

run_generic_proxy() {
  exec timeout --kill-after=5 900 "$bin/generic_proxy" "127.0.0.1:$port" "127.0.0.1:$backend" >"$work/proxy.log" 2>&1
}

if [[ $proxy != none ]]; then
  backend=$port
  case $proxy in
    nginx | haproxy) PATH=$PATH:/usr/sbin; command -v "$proxy" >/dev/null || skip "$proxy is not installed" ;;
    generic_proxy) [[ -x $bin/generic_proxy ]] || skip "generic_proxy is not built" ;;
    *) die "there is no proxy $proxy" ;;
  esac
  listen_on_a_port "run_$proxy"
fi

# ---- the cases

failed=()
for case in "${cases[@]}"; do
  status=0
  read -r -a flags <<<"$case"
  name=${flags[0]}
  flags=("${flags[@]:1}" "${client_flags[@]}")
  [[ $name != orca_* ]] || flags+=(
    --service_config_json='{"loadBalancingConfig":[{"test_backend_metrics_load_balancer":{}}]}')
  timeout --kill-after=5 40 "$client_program" --server_host=127.0.0.1 --server_port="$port" --test_case="$name" \
    "${flags[@]}" >"$work/output" 2>&1 || status=$?
  if ((status == 0)); then
    echo "ok: $name"
  else
    why=$(grep -v -e '^$' -e '^[[:space:]]*at ' "$work/output" | tail -n 3 | tr '\n' ' ' | cut -c1-400) || true
    echo "FAILED: $name ended with $status: $why"
    failed+=("$name")
  fi
done
kill -0 "$serving" || die "the server has ended"
((${#failed[@]} == 0)) || { tail -n 20 "$work/server.log" >&2; die "failed: ${failed[*]}"; }
