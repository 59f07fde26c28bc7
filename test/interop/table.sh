#!/usr/bin/env bash
# table.sh BIN [--update]: everything of gRPC's interop tests that there is, between our programs in BIN and others,
# directly and through proxies, and h2spec. Prints one table; --update puts it into docs/conformance.md. What
# go-interop-client fails against a server of somebody else, our client may fail against that one, too. Ends with 1 when
# a figure is not what it must be.
. "$(dirname "${BASH_SOURCE[0]}")/../peers/support.sh"
here=$(cd "$here/../interop" && pwd)
bin=$1 update=${2:-}
page=$here/../../docs/conformance.md
. "$here/cases.sh"
logs=${HEDDLE_INTEROP_LOGS:-$work/logs}
mkdir -p "$logs"

rows=() bad=()
say() { printf '== %s\n' "$*"; }

# row SERVER CLIENT SECURITY THROUGH RESULT [REMARK]
row() {
  rows+=("| $1 | $2 | $3 | $4 | $5 | ${6:-} |")
  printf '%s\n' "${rows[-1]}"
}

# run NAME COMMAND...: its output is in $logs/NAME; leaves its status in $ended.
run() {
  ended=0
  "${@:2}" >"$logs/$1" 2>&1 || ended=$?
}

passed_of() { sed -n 's/^ok: //p' "$logs/$1"; }
failed_of() { sed -n 's/^FAILED: \([^ ]*\).*/\1/p' "$logs/$1" | tr '\n' ' '; }

# figures NAME CASE...: "19 of 19", and which failed.
figures() {
  local wanted=$(($# - 1)) passed
  passed=$(passed_of "$1" | wc -l)
  echo "$passed of $wanted"
}

# between SERVER CLIENT SECURITY PROXY "ALLOWED..." CASE...: runs the cases; failures beside ALLOWED are ours.
between() {
  local server=$1 client=$2 security=$3 proxy=$4 allowed=$5 name=$1-$2-$3-$4 failure remark= mine=()
  shift 5
  run "$name" "$here/interop.sh" "$bin" "$server" "$client" "$security" "$proxy" "$@"
  failures=$(failed_of "$name")
  if (($(wc -w <<<"$failures") + $(passed_of "$name" | wc -l) != $#)); then
    tail -n 5 "$logs/$name" >&2
    if ((ended == 77)); then remark="left out: $(sed -n 's/^skipped: //p' "$logs/$name" | tail -n 1)"; else remark="did not run"; fi
    [[ $client$server != *heddle* ]] || bad+=("$name")
  fi
  for failure in $failures; do
    [[ " $allowed " == *" $failure "* ]] || mine+=("$failure")
  done
  if [[ -n ${failures// /} ]]; then remark+="fails: ${failures% }"; fi
  if ((${#mine[@]})) && [[ $client$server == *heddle* ]]; then
    bad+=("$name: ${mine[*]}")
    grep '^FAILED: ' "$logs/$name" >&2 || true
  fi
  row "$server" "$client" "$security" "${proxy/none/}" "$(figures "$name" "$@")" "$remark"
}

# ---- versions

version_of() { sed -n "s|^.*$1 v\([0-9.]*\).*|\1|p" "$here/go/go.mod" | head -n 1; }
PATH=$PATH:/usr/sbin
pinned() { grep -s -o -E "$1[@=]+v?[0-9.]+" "$here/tools/install.sh" | head -n 1 | sed -E 's/[@=]+v?/ /' || true; }
versions="go, go_testserver: grpc-go $(version_of google.golang.org/grpc); h2spec $(version_of summerwind/h2spec)"
versions+="; grpcpp: grpc++ $(pkg-config --modversion grpc++ 2>/dev/null || echo '(not there)')"
versions+="; tonic $(sed -n '/^name = "tonic"$/{n;s/version = "\(.*\)"/\1/p}' "$here/tonic/Cargo.lock")"
versions+="; $(nginx -v 2>&1 | sed 's|.*nginx/\([0-9.]*\).*|nginx \1|' || true)"
versions+="; $(haproxy -v 2>/dev/null | sed -n 's|^HAProxy version \([0-9.]*\).*|HAProxy \1|p' || true)"

for tool in grpcurl ghz buf grpcio; do
  version=$(pinned "$tool")
  versions+="${version:+; $version}"
done

# ---- h2spec

for security in plain tls; do
  run "h2spec-$security" "$here/h2spec.sh" "$bin" "$security"
  summary=$(grep -E '^[0-9]+ tests, ' "$logs/h2spec-$security" || echo "did not run")
  [[ $summary == "145 tests, 145 passed, 0 skipped, 0 failed" ]] || bad+=("h2spec $security: $summary")
  row heddle h2spec "$security" "" "$(sed -E 's/^([0-9]+) tests, ([0-9]+) passed.*/\2 of \1/' <<<"$summary")" \
    "generic, http2, hpack; ${summary#*passed, }"
done

# ---- our server, our client, and both

for security in plain tls; do
  between heddle go "$security" none "" $go_client_cases
  between heddle heddle "$security" none "" $all_cases
done
for security in plain tls; do
  for server in go go_testserver grpcpp tonic; do
    # What a peer can't do is seen with the official client, where that can be used; plain says it for TLS, too.
    if [[ $security == plain ]]; then
      between "$server" go plain none "" $go_client_cases
      declare "allowed_$server=$failures"
    fi
    allowed=allowed_$server
    [[ $security == plain || $server != tonic ]] || continue
    between "$server" heddle "$security" none "${!allowed}" $go_client_cases
  done
done

# ---- through proxies

for security in plain tls; do
  for proxy in nginx haproxy generic_proxy; do
    [[ $security == plain || $proxy != generic_proxy ]] || continue
    between heddle go "$security" "$proxy" "" $go_client_cases
    between heddle heddle "$security" "$proxy" "" $all_cases
  done
done
for proxy in nginx haproxy; do
  for security in plain tls; do between go heddle "$security" "$proxy" "$allowed_go" $go_client_cases; done
done
between go heddle plain generic_proxy "$allowed_go" $go_client_cases

# ---- tools that live on reflection and the like

for script in "$here"/tools/*.sh; do
  [[ -x $script ]] || continue
  tool=$(basename "$script" .sh)
  run "tool-$tool" "$script" "$bin"
  result=works remark=
  if ((ended == 77)); then
    result="left out" remark=$(sed -n 's/^skipped: //p' "$logs/tool-$tool" | tail -n 1)
  elif ((ended != 0)); then
    result=fails
    tail -n 5 "$logs/tool-$tool" >&2
  fi
  [[ $result == works ]] || bad+=("$tool: $result")
  row heddle "$tool" "plain, TLS" "" "$result" "$remark"
done

# ---- the table

{
  echo
  echo "\`./dev interop\`, run on $(date -u +%Y-%m-%d). $versions."
  echo
  echo "| server | client | security | through | passed | remarks |"
  echo "|---|---|---|---|---|---|"
  printf '%s\n' "${rows[@]}"
  echo
} >"$work/table"
cat "$work/table"
if [[ $update == --update ]]; then
  awk -v table="$work/table" '
    /^<!-- end of interop -->/ { inside = 0 }
    !inside { print }
    /^<!-- interop -->/ { inside = 1; while ((getline line < table) > 0) print line }' "$page" >"$work/page"
  cat "$work/page" >"$page"
fi
((${#bad[@]} == 0)) || { printf 'not as it must be: %s\n' "${bad[@]}" >&2; exit 1; }
say "all as it must be"
