#!/usr/bin/env bash
# h2load.sh PEER_SERVER: nghttp2's client, at many calls on one connection, one call on many, and between.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
command -v h2load >/dev/null || skip "h2load (nghttp2-client) is not installed"

start "$1"
printf '\0\0\0\0\x12\x0a\x10%s' 0123456789abcdef >"$work/request"  # Message{payload}, framed
for shape in "1 100" "10 10" "100 1"; do
  read -r connections streams <<<"$shape"
  report=$(within 60 h2load -n 20000 -c "$connections" -m "$streams" -d "$work/request" \
    -H 'content-type: application/grpc' -H 'te: trailers' "http://$address/heddle_peer.Peer/Echo")
  grep -q '20000 succeeded, 0 failed, 0 errored, 0 timeout' <<<"$report" &&
    grep -q 'status codes: 20000 2xx' <<<"$report" ||
    { printf '%s\n' "$report"; die "$connections x $streams: not all succeeded"; }
  # Each answer carries its message; a failed call would be without.
  data=$(sed -n 's/.*(\([0-9]*\)) data$/\1/p' <<<"$report")
  ((data == 20000 * 23)) || { printf '%s\n' "$report"; die "$connections x $streams: $data bytes of answers"; }
  echo "ok: $connections connections x $streams calls"
done
