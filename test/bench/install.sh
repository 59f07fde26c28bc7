#!/usr/bin/env bash
# install.sh grpcpp|go|tonic...: builds the peers of the benchmarks, in the versions that apt, go/go.sum and
# tonic/Cargo.lock have, into ${HEDDLE_BENCH_DIR:-${XDG_CACHE_HOME:-~/.cache}/heddle/bench}/bin. Does nothing where they
# are already built from the same sources. A group whose tool is missing is left out, by name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HEDDLE_BENCH_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/heddle/bench}
mkdir -p "$cache/bin" "$cache/stamps"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '== %s\n' "$*"; }
exec 9>"$cache/install.lock"
flock -w 3600 9 || { say "another install.sh holds $cache/install.lock" >&2; exit 1; }

# attempt COMMAND...: registries are far away; a second try is cheap where the first has left its downloads.
attempt() {
  local try
  for try in 1 2; do ! timeout 3600 nice -n 5 "$@" >"$work/log" 2>&1 9>&- || return 0; done
  tail -n 30 "$work/log" >&2
  return 1
}

build_grpcpp() {
  command -v grpc_cpp_plugin >/dev/null || { say "grpcpp left out: no grpc_cpp_plugin (protobuf-compiler-grpc)"; return 2; }
  local flags libraries program source
  protoc -I"$here" --cpp_out="$work" --grpc_out="$work" --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" bench.proto
  read -r -a flags < <(echo -O2 -DNDEBUG -std=c++20 "-I$work" "$(pkg-config --cflags grpc++ protobuf)")
  read -r -a libraries < <(pkg-config --libs grpc++ protobuf)
  for source in bench.pb bench.grpc.pb; do attempt g++ "${flags[@]}" -c "$work/$source.cc" -o "$work/$source.o"; done
  for program in callback:server_callback queue:server_queue client:client; do
    attempt g++ "${flags[@]}" "$here/peers/grpcpp/${program#*:}.cpp" "$work"/*.o "${libraries[@]}" \
      -o "$cache/bin/grpcpp-${program%:*}"
  done
}

build_go() {
  command -v go >/dev/null || { say "go left out: Go is not installed"; return 2; }
  local version tree=$work/go
  version=$(go env GOVERSION)
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 26)) ||
    { say "go left out: Go 1.26 or later is needed, this is $version"; return 2; }
  cp -r "$here/peers/go" "$tree"
  mkdir "$tree/pb"
  GOBIN=$work attempt go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
  GOBIN=$work attempt go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
  PATH=$work:$PATH protoc -I"$here" --go_out="$tree/pb" --go_opt=paths=source_relative --go-grpc_out="$tree/pb" \
    --go-grpc_opt=paths=source_relative bench.proto
  cd "$tree"
  attempt go build -mod=readonly -o "$cache/bin/go-server" ./server
  attempt go build -mod=readonly -o "$cache/bin/go-client" ./client
}

build_tonic() {
  command -v cargo >/dev/null || { say "tonic left out: cargo is not installed"; return 2; }
  cd "$here/peers/tonic"
  attempt cargo fetch --locked
  CARGO_TARGET_DIR=$cache/tonic attempt cargo build --release --locked
  cp "$cache/tonic/release/tonic-server" "$cache/tonic/release/tonic-client" "$cache/bin/"
}

failed=()
for group in "$@"; do
  [[ $group == grpcpp || $group == go || $group == tonic ]] || { say "what is '$group'?" >&2; exit 2; }
  stamp=$cache/stamps/$group
  sources=(bench.proto install.sh "peers/$group")
  [[ $group != grpcpp ]] || sources+=(stopwatch.hpp)
  state=$(cd "$here" && find "${sources[@]}" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  ! [[ -e $stamp && $(<"$stamp") == "$state" ]] || continue
  say "building the peers of $group"
  set +e  # so that what is built in the parenthesis ends at its first failure
  (set -e; "build_$group")
  status=$?
  set -e
  case $status in
    0) printf '%s\n' "$state" >"$stamp" ;;
    2) ;;
    *) failed+=("$group") ;;
  esac
done
((${#failed[@]} == 0)) || { say "could not build: ${failed[*]}" >&2; exit 1; }
