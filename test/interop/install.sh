#!/usr/bin/env bash
# install.sh go|tonic|h2spec|conformance: builds interop programs of others, in the versions that go/go.sum,
# tonic/Cargo.lock and ../conformance/go/go.sum pin, into ${XDG_CACHE_HOME:-~/.cache}/heddle/interop; `conformance` also
# copies the suite's protos there. Does nothing where they are already built from the same sources.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
group=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop
mkdir -p "$cache/bin"

# One at a time: Go's and cargo's own work is parallel already.
exec 9>"$cache/lock"
flock -w 1500 9 || die "another install.sh holds $cache/lock"

stamp=$cache/$group.stamp
sources=${group/h2spec/go}
sources=${sources/conformance/..\/conformance\/go}
state=$(cd "$here/../interop" && find "$sources" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
! [[ -e $stamp && $(<"$stamp") == "$state" ]] || exit 0

# attempt COMMAND...: registries are far away; a second try is cheap where the first has left its downloads.
attempt() {
  local try
  for try in 1 2; do ! timeout 900 nice -n 5 "$@" >"$work/log" 2>&1 9>&- || return 0; done
  tail -n 30 "$work/log" >&2
  return 1
}

go_programs() {
  command -v go >/dev/null || skip "go is not installed"
  local version
  version=$(go env GOVERSION)
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 26)) || skip "Go 1.26 or later is needed, this is $version"
  cd "$here/../interop/$sources"
  attempt go mod download || skip "could not get the modules of test/interop/$sources"
  while (($#)); do
    attempt go build -mod=readonly -o "$cache/bin/$1" "$2" || die "could not build $1"
    shift 2
  done
}

case $group in
  go)
    go_programs go-testserver ./testserver go-interop-server google.golang.org/grpc/interop/server \
      go-interop-client google.golang.org/grpc/interop/client ;;
  h2spec) go_programs h2spec github.com/summerwind/h2spec/cmd/h2spec ;;
  conformance)
    go_programs connectconformance connectrpc.com/conformance/cmd/connectconformance
    protos=connectrpc/conformance/v1
    mkdir -p "$cache/proto/$protos"
    for proto in config service server_compat client_compat; do
      install -m 644 "$(go list -m -f '{{.Dir}}' connectrpc.com/conformance)/proto/$protos/$proto.proto" \
        "$cache/proto/$protos/" || die "no $proto.proto in connectrpc.com/conformance"
    done ;;
  tonic)
    command -v cargo >/dev/null || skip "cargo is not installed"
    cd "$here/../interop/tonic"
    attempt cargo fetch --locked || skip "could not get the crates of test/interop/tonic"
    CARGO_TARGET_DIR=$cache/tonic attempt cargo build --locked || die "could not build tonic-interop-server"
    cp "$cache/tonic/debug/tonic-interop-server" "$cache/bin/" ;;
  *) die "what is '$group'?" ;;
esac
printf '%s\n' "$state" >"$stamp"
