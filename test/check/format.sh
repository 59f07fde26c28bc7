#!/usr/bin/env bash
# Every source file is as clang-format leaves it. One version only: others format a few things otherwise.
# `format.sh --fix` formats them.
fix=
[[ ${1:-} != --fix ]] || { fix=yes; shift; }
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for tool in clang-format-16 clang-format none; do
  if command -v "$tool" >/dev/null && "$tool" --version | grep -q 'version 16\.'; then break; fi
done
if [[ $tool == none ]]; then
  echo "format: skipped, clang-format 16 is not installed"
  exit 0
fi

# Golden files are what the plugin prints; they are compared byte for byte elsewhere.
mapfile -t sources < <(files '*.hpp' '*.ipp' '*.cpp' | grep -v '/golden')
((${#sources[@]})) || exit 0
"$tool" --dump-config >/dev/null
if [[ $fix ]]; then
  "$tool" -i "${sources[@]}"
else
  printf '%s\0' "${sources[@]}" | xargs -0 "$tool" --dry-run 2>&1 |
    sed -n -E 's/^([^:]+:[0-9]+):[0-9]+: warning: .*/\1: format: not as clang-format leaves it/p' |
    sort -u -t: -k1,1 | report
fi
