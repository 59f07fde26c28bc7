#!/usr/bin/env bash
# conformance.sh BIN server|client CONFIG: the Connect conformance suite against BIN/conformance_server or
# BIN/conformance_client, configured by CONFIG.yaml of this folder. Every case has to pass, and none may be missing.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
here=$here/../conformance
bin=$1 role=$2 config=$3

# As many as the version in go/go.mod has: fewer means that a feature is not announced any more.
declare -A cases=(
  [server/grpc-min]=374 [client/grpc-min]=409 [server/grpc-tls]=570 [client/grpc-tls]=646
  [server/grpc-json]=526 [client/grpc-json]=611 [server/grpc-full]=1278 [client/grpc-full]=1490
)
wanted=${cases[$role/$config]:-}
[[ -n $wanted ]] || die "there is no $config for a $role"

status=0
"$here/../interop/install.sh" conformance || status=$?
((status == 0)) || exit "$status"
runner=${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop/bin/connectconformance
program=$bin/conformance_$role
[[ -x $program ]] || skip "$program is not built"

timeout --kill-after=5 500 "$runner" -v --mode "$role" --conf "$here/$config.yaml" -- "$program" \
  >"$work/log" 2>&1 || status=$?
total=$(sed -n 's/^Total cases: //p' "$work/log")
passed=$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$work/log")
if ((status != 0)) || [[ $total != "$wanted" || $passed != "$wanted" ]]; then
  cat "$work/log" >&2
  die "$config, $role: ${passed:-0} of $wanted (${total:-no} cases were run, exit status $status)"
fi
echo "ok: $passed of $total"
