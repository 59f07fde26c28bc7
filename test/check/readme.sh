#!/usr/bin/env bash
# A fenced block in README.md or docs/*.md under `<!-- from path -->` is that file, byte for byte; under
# `<!-- from path#tag -->` it is the lines between `//[tag` and `//]` (or `#[tag` and `#]`) in it. C++ in docs/ that
# comes from nowhere is compiled by nobody: it is reported, unless `<!-- not compiled: why -->` says so.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

pages=()
for page in README.md docs/*.md; do [[ ! -f $page ]] || pages+=("$page"); done
((${#pages[@]})) || { echo "readme: skipped, there is no README.md"; exit 0; }

# Prints what a block should hold.
wanted() {
  local path=${1%%#*} tag=
  [[ $1 != *'#'* ]] || tag=${1#*#}
  if [[ -z $tag ]]; then cat "$path"; return; fi
  awk -v tag="$tag" '
    { bare = $0; gsub(/^[ \t]+|[ \t]+$/, "", bare) }
    inside && (bare == "//]" || bare == "#]") { exit }
    inside { print }
    bare == "//[" tag || bare == "#[" tag { inside = 1 }' "$path"
}

# The marked blocks of page $1: line number, source.
markers() { sed -n -E 's/^<!-- from ([^ ]+) -->.*/\1/p' "$1"; }
marker_lines() { grep -n -E '^<!-- from [^ ]+ -->' "$1" | cut -d: -f1; }

# Prints the fenced block of page $1 that begins within two lines of the marker in line $2.
block() {
  awk -v from="$2" '
    NR <= from { next }
    !inside && /^```/ { inside = 1; next }
    !inside && NR > from + 1 { exit }
    inside && /^```$/ { exit }
    inside { print }' "$1"
}

for page in "${pages[@]}"; do
  paste -d' ' <(marker_lines "$page") <(markers "$page") | while read -r line source; do
    path=${source%%#*}
    if [[ ! -f $path ]]; then
      echo "$page:$line: readme: there is no $path"
    elif [[ -z $(wanted "$source") ]]; then
      echo "$page:$line: readme: $source is empty"
    elif ! cmp -s <(block "$page" "$line") <(wanted "$source"); then
      echo "$page:$line: readme: the block is not what $source holds"
    fi
  done
  [[ $page == README.md ]] || awk -v page="$page" '
    /^```cpp/ && last !~ /^<!-- (from|not compiled:) / { print page ":" NR ": readme: C++ that comes from no file" }
    { if ($0 != "") last = $0 }' "$page"
done | report
