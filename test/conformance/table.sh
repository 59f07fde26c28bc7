#!/usr/bin/env bash
# table.sh BIN [--update] [CONFIG...]: conformance.sh with each configuration in both roles, and one table of what came
# of it; --update puts the table into docs/conformance.md. Fails unless every case of every run has passed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$1 update=
shift
[[ ${1:-} != --update ]] || { update=yes; shift; }
configs=("$@")
(($#)) || configs=(grpc-min grpc-tls grpc-json grpc-full)
version=$(sed -n 's/.*connectrpc.com\/conformance \(v[^ ]*\).*/\1/p' "$here/go/go.mod")

failed=() rows=()
for config in "${configs[@]}"; do
  for role in server client; do
    status=0
    result=$("$here/conformance.sh" "$bin" "$role" "$config") || status=$?
    if ((status == 0)); then
      result=${result#ok: }
    else
      result=failed
      failed+=("$config/$role")
    fi
    rows+=("| $config | $role | $result | connectconformance $version |")
  done
done

table=$(printf '%s\n' '| suite | role | passed | version |' '|---|---|---|---|' "${rows[@]}")
printf '%s\n' "$table"
((${#failed[@]} == 0)) || { echo "not whole: ${failed[*]}" >&2; exit 1; }

page=$here/../../docs/conformance.md
[[ -z $update ]] || table=$table date=$(date +%F) perl -0pi -e '
  s{(<!-- conformance -->\n).*?(<!-- end of conformance -->)}
   {$1\n`./dev conformance`, run on $ENV{date}:\n\n$ENV{table}\n\n$2}s or die "no markers in $ARGV\n"' "$page"
