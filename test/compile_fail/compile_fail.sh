#!/usr/bin/env bash
# Each numbered case of a file must not compile, and its error must match what stands behind `// expect:` beside it.
# Without a case, and with case 0, the file must compile: else the errors would come from something else.
# usage: compile_fail.sh FILE GENERATED_DIR CXX CXXFLAGS...
set -euo pipefail
file=$(realpath "$1") generated=$2 cxx=$3
shift 3
here=$(dirname "$file")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=c++20 -DHEDDLE_SEPARATE_COMPILATION -isystem "$generated" "$@")
cp "$here/prelude.hpp" "$work/"
"$cxx" "${flags[@]}" -x c++-header "$work/prelude.hpp" -o "$work/prelude.hpp.gch"

check_case() { # NUMBER: what the compiler says is in $work/log
  "$cxx" "${flags[@]}" -Werror=unused-result -fsyntax-only -I"$work" -include "$work/prelude.hpp" -DCASE="$1" \
    -x c++ - >"$work/log" 2>&1 < <(sed '/#include "prelude.hpp"/d' "$file")
}

failed=0
check_case 0 || { cat "$work/log"; echo "${file##*/}: case 0 does not compile"; exit 1; }
cases=0
while IFS= read -r line; do
  [[ $line =~ CASE\ ==\ ([0-9]+)\ *//\ expect:\ (.*)$ ]] || { echo "${file##*/}: what is expected of: $line"; exit 1; }
  number=${BASH_REMATCH[1]} expected=${BASH_REMATCH[2]}
  cases=$((cases + 1))
  if check_case "$number"; then
    echo "${file##*/}: case $number compiles"
    failed=1
  elif ! grep -E '(error|#error)' "$work/log" | grep -qE -e "$expected"; then
    echo "${file##*/}: case $number fails for another reason than: $expected"
    head -n 20 "$work/log"
    failed=1
  fi
done < <(grep -E 'CASE == [0-9]+' "$file" | grep -v 'CASE == 0')
echo "${file##*/}: $cases cases"
exit $failed
