#!/usr/bin/env bash
# A fenced block in README.md under `<!-- from path -->` is that file, byte for byte; under `<!-- from path#tag -->` it
# is the lines between `//[tag` and `//]` (or `#[tag` and `#]`) in it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -f README.md ]] || { echo "readme: skipped, there is no README.md"; exit 0; }

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

# line number, source: of every marker
markers() { sed -n -E 's/^<!-- from ([^ ]+) -->.*/\1/p' README.md; }
marker_lines() { grep -n -E '^<!-- from [^ ]+ -->' README.md | cut -d: -f1; }

# Prints the fenced block that begins within two lines of the marker in line $1.
block() {
  awk -v from="$1" '
    NR <= from { next }
    !inside && /^```/ { inside = 1; next }
    !inside && NR > from + 1 { exit }
    inside && /^```$/ { exit }
    inside { print }' README.md
}

paste -d' ' <(marker_lines) <(markers) | while read -r line source; do
  path=${source%%#*}
  if [[ ! -f $path ]]; then
    echo "README.md:$line: readme: there is no $path"
  elif [[ -z $(wanted "$source") ]]; then
    echo "README.md:$line: readme: $source is empty"
  elif ! cmp -s <(block "$line") <(wanted "$source"); then
    echo "README.md:$line: readme: the block is not what $source holds"
  fi
done | report
