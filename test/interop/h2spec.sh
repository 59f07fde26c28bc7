#!/usr/bin/env bash
# h2spec.sh BIN plain|tls: h2spec's cases of generic HTTP/2, RFC 9113 and HPACK against interop_server. Prints its last
# line, "145 tests, 145 passed, 0 skipped, 0 failed", and before that which cases failed.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
here=$here/../interop
server_flags=() flags=()
if [[ $2 == tls ]]; then
  "$here/../support/certs.sh" "$work/certs"
  server_flags=(--use_tls=true --tls_cert_file="$work/certs/server1.pem" --tls_key_file="$work/certs/server1.key")
  flags=(--tls --insecure)
fi
status=0
"$here/install.sh" h2spec || status=$?
((status == 0)) || exit "$status"

start "$1/interop_server" --port=0 "${server_flags[@]}"
timeout --kill-after=5 280 "${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop/bin/h2spec" --host 127.0.0.1 \
  --port "${address##*:}" --timeout 2 "${flags[@]}" generic http2 hpack >"$work/report" 2>&1 || status=$?
((status == 0)) || cat "$work/report" >&2
grep -E '^[0-9]+ tests, ' "$work/report" || die "h2spec ended with $status and without a summary"
exit "$status"
