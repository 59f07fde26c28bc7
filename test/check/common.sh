# For the checks in this folder, each of which is NAME.sh [ROOT]: it looks at the tree at ROOT (default: this one),
# prints one line `file:line: rule: text` for each finding, and ends with 1 if there is any.
# `// lint: allow RULE because ...` at the end of the line that would be reported lets that line pass.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/../..}"

# files PATTERN...: what git has or would add, else what lies there; never what is generated or wrong on purpose.
files() {
  local pattern find_names=()
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -co --exclude-standard -- "$@" | while IFS= read -r file; do
      [[ ! -e $file ]] || printf '%s\n' "$file"
    done
  else
    for pattern in "$@"; do find_names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o -type f \( "${find_names[@]:1}" \) -print | sed 's|^\./||'
  fi | { grep -v '^test/check/samples/' || true; } | sort
}

# Reads findings, drops the allowed ones, prints the rest; fails if there was one.
report() {
  local finding file line rule text bad=0
  while IFS= read -r finding; do
    IFS=: read -r file line rule text <<<"$finding"
    text=$(sed -n "${line}p" "$file")
    [[ $text == *"lint: allow ${rule# } because "* ]] && continue
    printf '%s\n' "$finding"
    bad=1
  done
  return "$bad"
}
