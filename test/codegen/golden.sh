#!/usr/bin/env bash
# Generates headers from golden/**/*.proto and compares them with the *.heddle.hpp beside them.
# usage: golden.sh PLUGIN PROTOC [--update]
set -euo pipefail

plugin=$(realpath "$1") protoc=$2 update=${3:-}
golden=$(cd "$(dirname "$0")/golden" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

generate() { "$protoc" --plugin=protoc-gen-heddle="$plugin" -I"$golden" --heddle_out="$out" "$@"; }

cd "$golden"
protos=()
while IFS= read -r proto; do
  # Both must know editions: protoc 27 (and a plugin built with it) does.
  if grep -q '^edition' "$proto" && ! generate "$proto" 2>/dev/null; then
    echo "skipped, no editions here: $proto"
  else
    protos+=("$proto")
  fi
done < <(find . -name '*.proto' | sed 's,^\./,,' | sort)
generate "${protos[@]}"

failed=0
for proto in "${protos[@]}"; do
  header=${proto%.proto}.heddle.hpp
  if [[ $update == --update ]]; then
    cp "$out/$header" "$header"
  else
    diff -u "$header" "$out/$header" || failed=1
  fi
done

if message=$(generate --heddle_opt=no_such_option greeter.proto 2>&1); then
  echo "an unknown option was accepted"
  failed=1
elif [[ $message != *'unknown option "no_such_option"'* ]]; then
  echo "an unknown option is not named: $message"
  failed=1
fi
exit $failed
