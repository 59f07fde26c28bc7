#!/usr/bin/env bash
# The checks reject what they are there for: every sample has a line `as: PATH check: NAME` first, and `reject: RULE` on
# each line that the check NAME must report once it stands at PATH; nothing else may be.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

attribute() { sed -n -E "1s/.*$1: ([^ ]+).*/\1/p" "$2"; }

for check in format layers coroutines readme headers; do
  tree=$scratch/$check
  mkdir "$tree"
  cp "$here/../../.clang-format" "$tree"
  for sample in "$here"/samples/*; do
    [[ ,$(attribute check "$sample"), == *,$check,* || $(attribute check "$sample") == all ]] || continue
    path=$(attribute as "$sample")
    mkdir -p "$tree/$(dirname "$path")"
    cp "$sample" "$tree/$path"
    grep -n -o -E 'reject: [a-z_]+' "$sample" | sed -E "s|^([0-9]+):reject: |$path:\1: |" || true
  done | sort >"$scratch/wanted"
  "$here/$check.sh" "$tree" >"$scratch/said" && status=0 || status=$?
  if grep -q skipped "$scratch/said"; then
    cat "$scratch/said"
    continue
  fi
  sed -E 's/^([^:]+:[0-9]+: [a-z_]+): .*/\1/' "$scratch/said" | sort >"$scratch/found"
  if ! diff "$scratch/wanted" "$scratch/found" >"$scratch/diff" || ((status != 1)); then
    echo "self_test: $check.sh (exit status $status): < should have been reported, > should not"
    cat "$scratch/diff"
    failed=1
  else
    echo "$check: $(wc -l <"$scratch/wanted") findings in samples, as they should be"
  fi
done
exit "$failed"
