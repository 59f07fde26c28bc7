#!/usr/bin/env bash
# Generates headers from golden/**/*.proto and compares them with those beside them; what is in golden/with_options is
# generated with all options.
# usage: golden.sh PLUGIN PROTOC [--update]
set -euo pipefail

plugin=$(realpath "$1") protoc=$2 update=${3:-}
golden=$(cd "$(dirname "$0")/golden" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

generate() { "$protoc" --plugin=protoc-gen-heddle="$plugin" -I"$golden" --heddle_out="$out" "$@"; }

cd "$golden"
protos=() rich_protos=()
while IFS= read -r proto; do
  # Both must know editions: protoc 27 (and a plugin built with it) does.
  if grep -q '^edition' "$proto" && ! generate "$proto" 2>/dev/null; then
    echo "skipped, no editions here: $proto"
  elif [[ $proto == with_options/* ]]; then
    rich_protos+=("$proto")
  else
    protos+=("$proto")
  fi
done < <(find . -name '*.proto' | sed 's,^\./,,' | sort)
generate "${protos[@]}"
generate --heddle_opt=descriptors,fakes "${rich_protos[@]}"

failed=0
while IFS= read -r header; do
  if [[ $update == --update ]]; then
    cp "$out/$header" "$header"
  else
    diff -u "$header" "$out/$header" || failed=1
  fi
done < <(cd "$out" && find . -name '*.hpp' | sed 's,^\./,,' | sort)

if message=$(generate --heddle_opt=no_such_option greeter.proto 2>&1); then
  echo "an unknown option was accepted"
  failed=1
elif [[ $message != *'unknown option "no_such_option"'* ]]; then
  echo "an unknown option is not named: $message"
  failed=1
fi
if generate --heddle_opt=fakes=2 greeter.proto 2>/dev/null; then
  echo "a value for fakes was accepted"
  failed=1
fi
exit $failed
