#!/usr/bin/env bash
# h2spec.sh PEER_SERVER: h2spec's 145 cases of generic HTTP/2, RFC 9113 and HPACK, none of them failed or left out.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
status=0
"$here/../interop/install.sh" h2spec || status=$?
((status == 0)) || exit "$status"

start "$1"
report=$(timeout --kill-after=5 240 "${XDG_CACHE_HOME:-$HOME/.cache}/heddle/interop/bin/h2spec" \
  --host "${address%:*}" --port "${address##*:}" --timeout 2 generic http2 hpack 2>&1) || status=$?
summary=$(grep -E '^[0-9]+ tests, ' <<<"$report" || true)
((status == 0)) && [[ $summary == "145 tests, 145 passed, 0 skipped, 0 failed" ]] ||
  { printf '%s\n' "$report"; die "h2spec: ${summary:-no summary}"; }
echo "ok: $summary"
