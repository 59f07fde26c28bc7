# For the scripts of this folder, which are run as SCRIPT BIN: tools of others call heddle's services in BIN's
# interop_server.
. "$(dirname "${BASH_SOURCE[0]}")/../../peers/support.sh"
interop=$here/../interop
bin=$1
health=grpc.health.v1.Health
channelz=grpc.channelz.v1.Channelz
tests=grpc.testing.TestService

# installed GROUP PROGRAM: leaves in $tool where that is.
installed() {
  local status=0
  "$interop/install.sh" "$1" >&2 || status=$?
  ((status != 77)) || skip "$1 cannot be installed here"
  ((status == 0)) || die "could not install $1"
  tool=${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop/$2
}

# serve [FLAG...]: starts interop_server; leaves in $target where it listens.
serve() {
  start "$bin/interop_server" --port=0 "$@"
  target=127.0.0.1:${address##*:}
}

# says TEXT PATTERN...: each extended regular expression must be found in the text, whose lines are joined by blanks.
says() {
  local text=${1//$'\n'/ } pattern
  shift
  for pattern; do
    [[ $text =~ $pattern ]] || die "not found: $pattern"$'\n'"in: $text"
  done
}
