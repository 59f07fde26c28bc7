#!/usr/bin/env bash
# Every public header compiles alone and without a warning, and the sans-IO rooms reach no Asio, however indirectly.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

check_header() {
  local header=$1 library
  # An encoding whose library may not be here.
  library=$(sed -n -E 's:^#include <((zstd|snappy-c|brotli/[a-z]+)\.h)>:\1:p' "$header" | head -n 1)
  [[ -z $library ]] || echo "#include <$library>" | "${CXX:-g++}" -fsyntax-only -x c++ - 2>/dev/null || return 0
  printf '#include <%s>\n' "${header#include/}" |
    "${CXX:-g++}" -std=c++20 -Iinclude -fsyntax-only -H -Wall -Wextra -Wpedantic -Wshadow -x c++ - 2>&1 |
    awk -v header="$header" '
      # -H prints ". header", ".. what it includes", ...: two dots name the include line to blame.
      /^\.+ / {
        if ($1 == "..") through = $2
        if (header ~ /^include\/heddle\/(base|hpack|http2|rpc)\// && $2 ~ /\/boost\/asio/ && !asio) {
          asio = through
          name = through
          sub(/^.*include\//, "", name)
          for (n = 1; (getline line < header) > 0; ++n) if (index(line, "<" name ">")) break
          print header ":" n ": sans_io: " $2 " comes in here"
        }
      }
      /: (fatal error|error|warning): / {
        place = text = $0
        sub(/:[0-9]+: (fatal error|error|warning): .*/, "", place)
        sub(/^.*: (fatal error|error|warning): /, "", text)
        if (!failed++) print place ": alone: " text
      }'
}
export -f check_header

# heddle/src.hpp and src_tls.hpp are no headers to be included: the compiled form is built from them.
files '*.hpp' | { grep '^include/' || true; } | { grep -v -E '^include/heddle/src(_tls)?\.hpp$' || true; } | tr '\n' '\0' |
  nice -n 5 xargs -0 -r -n 1 -P 2 bash -c 'check_header "$1"' check | sort -u | report
