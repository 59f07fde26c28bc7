#!/usr/bin/env bash
# install.sh [GROUP...]: what suites and other implementations bring along. Programs go to
# ${XDG_CACHE_HOME:-~/.cache}/heddle/interop/bin, protos to .../heddle/protos/<name>. A group is a function
# install_<GROUP> below, versions are pinned there or by go.sum and Cargo.lock; what was already installed from the same
# sources is left alone. "protos" is all groups *_proto; without arguments it is all groups there are.
# Ends with 77 when a group had to be left out, because its tool or its registry is out of reach.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
sources=$(cd "$here/../interop" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/heddle
bin=$cache/interop/bin
mkdir -p "$bin" "$cache/protos" "$cache/stamps"
[[ -n ${HEDDLE_GRPC_PROTO:-} || ! -d /usr/share/grpc-proto ]] || export HEDDLE_GRPC_PROTO=/usr/share/grpc-proto
export HEDDLE_GRPC_PROTO=${HEDDLE_GRPC_PROTO:-$cache/protos/grpc}  # for test/interop/tonic/build.rs

# ---- how things are installed

# attempt COMMAND...: registries are far away; a second try is cheap where the first has left its downloads.
attempt() {
  local try
  for try in 1 2; do ! timeout 900 nice -n 5 "$@" >"$work/log" 2>&1 9>&- || return 0; done
  tail -n 30 "$work/log" >&2
  return 1
}

need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

need_go() {
  need go
  local version
  version=$(go env GOVERSION)
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 26)) || skip "Go 1.26 or later is needed, this is $version"
}

# go_programs FOLDER NAME PACKAGE...: of the module there.
go_programs() {
  need_go
  cd "$sources/$1"
  attempt go mod download || skip "could not get the modules of test/interop/$1"
  shift
  while (($#)); do
    attempt go build -mod=readonly -o "$bin/$1" "$2" || die "could not build $1"
    shift 2
  done
}

# go_install NAME PACKAGE@VERSION: a program of a module of its own.
go_install() {
  need_go
  mkdir -p "$work/gobin"
  GOBIN=$work/gobin attempt go install "$2" || skip "could not install $2"
  mv "$work/gobin/$(basename "${2%@*}")" "$bin/$1"
}

# put_protos NAME FOLDER: becomes .../protos/NAME, as one whole.
put_protos() {
  rm -rf "$cache/protos/$1" "$cache/protos/.$1"
  cp -r "$2" "$cache/protos/.$1"
  mv "$cache/protos/.$1" "$cache/protos/$1"
}

# ---- groups

# What is built from sources here, beside what the function says.
declare -A folder_of=([go]=go [h2spec]=go [tonic]=tonic
  [conformance]=../conformance/go [conformance_proto]=../conformance/go)

install_go() {
  go_programs go go-testserver ./testserver go-interop-server google.golang.org/grpc/interop/server \
    go-interop-client google.golang.org/grpc/interop/client
}

install_h2spec() { go_programs go h2spec github.com/summerwind/h2spec/cmd/h2spec; }

install_tonic() {
  need cargo
  [[ -e $HEDDLE_GRPC_PROTO/grpc/testing/test.proto ]] || skip "there is no $HEDDLE_GRPC_PROTO/grpc/testing/test.proto"
  cd "$sources/tonic"
  attempt cargo fetch --locked || skip "could not get the crates of test/interop/tonic"
  CARGO_TARGET_DIR=$cache/interop/tonic attempt cargo build --locked || die "could not build tonic-interop-server"
  cp "$cache/interop/tonic/debug/tonic-interop-server" "$bin/"
}

install_conformance() {
  go_programs ../conformance/go connectconformance connectrpc.com/conformance/cmd/connectconformance
}

install_conformance_proto() {
  need_go
  cd "$sources/../conformance/go"
  attempt go mod download connectrpc.com/conformance || skip "could not get connectrpc.com/conformance"
  local folder=connectrpc/conformance/v1 module name
  module=$(go list -m -f '{{.Dir}}' connectrpc.com/conformance)
  mkdir -p "$work/conformance/$folder"
  for name in config service server_compat client_compat; do
    install -m 644 "$module/proto/$folder/$name.proto" "$work/conformance/$folder/"
  done
  put_protos conformance "$work/conformance"
}

# gRPC's own protos: Debian's package, installed or not.
install_grpc_proto() {
  local installed=/usr/share/grpc-proto
  if [[ ! -e $installed/grpc/testing/test.proto ]]; then
    need apt-get
    cd "$work"
    attempt apt-get download grpc-proto || skip "the package grpc-proto cannot be had here"
    dpkg -x grpc-proto_*.deb "$work/grpc-proto"
    installed=$work/grpc-proto/usr/share/grpc-proto
  fi
  put_protos grpc "$installed"
}

# The rules for validators are taken out of ORCA's protos: they would bring validate.proto, half a megabyte of code.
install_orca_proto() {
  need npm
  cd "$work"
  attempt npm pack --fetch-retries=1 --fetch-timeout=60000 @grpc/grpc-js@1.14.7 || skip "could not get @grpc/grpc-js"
  tar -xzf grpc-grpc-js-*.tgz package/proto
  find package/proto/xds -name '*.proto' -exec sed -z -i \
    's/\r//g; s|import "validate/validate.proto";\n||; s/[ \n]*\[(validate\.rules)[^]]*\]//g' {} +
  put_protos orca package/proto/xds
}

# The tools of tools/*.sh.
[[ ! -e $sources/tools/install.sh ]] || . "$sources/tools/install.sh"

# ---- one after the other

# What a group is made from.
state_of() {
  local folder=${folder_of[$1]:-}
  {
    declare -f "install_$1"
    [[ -z $folder ]] || (cd "$sources" && find "$folder" -type f -print0 | sort -z | xargs -0 sha256sum)
  } | sha256sum
}

install_group() {
  declare -F "install_$1" >/dev/null || die "what is '$1'?"
  local stamp=$cache/stamps/$1 state
  state=$(state_of "$1")
  ! [[ -e $stamp && $(<"$stamp") == "$state" ]] || return 0
  "install_$1"
  printf '%s\n' "$state" >"$stamp"
}

all() { declare -F | sed -n 's/^declare -f install_//p' | grep -v -x group; }

# One at a time: Go's and cargo's own work is parallel already.
exec 9>"$cache/interop/lock"
flock -w 1500 9 || die "another install.sh holds $cache/interop/lock"

(($#)) || set -- $(all)
worst=0
for group in ${@/#protos/$(all | grep '_proto$')}; do
  set +e  # and not "|| status=$?", which would turn off -e inside, too
  (set -e; trap - EXIT; install_group "$group")
  status=$?
  set -e
  ((status == 0)) || echo "$group: not installed" >&2
  ((status == 0 || worst == 1)) || worst=$((status == 77 ? 77 : 1))
done
exit "$worst"
