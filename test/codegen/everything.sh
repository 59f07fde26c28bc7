#!/usr/bin/env bash
# Compiles what the plugin makes of every .proto at hand: protobuf's own, those of gRPC where installed, and hostile/.
# All headers of a group, with descriptors and fakes, are included in one translation unit. Only what --cpp_out alone
# rejects is left out.
# usage: everything.sh PLUGIN PROTOC CXX CXXFLAGS...
set -euo pipefail

plugin=$(realpath "$1") protoc=$2 cxx=$3
shift 3
flags=("$@")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The messages' headers come from elsewhere and may warn, ours may not.
compile() { "$cxx" -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror "${flags[@]}" -isystem "$work/pb" "$@"; }

# usable ROOT PROTO: protoc alone makes C++ of it.
usable() {
  if ! "$protoc" -I"$1" --cpp_out="$work/pb" "$2" 2>"$work/why"; then
    echo "skipped, --cpp_out rejects it: $2 ($(head -n 1 "$work/why"))"
    return 1
  fi
  # A keyword in a package: protobuf before 26 accepts that, and writes "namespace class".
  if grep -qE '^package .*\<(class|namespace)\>' "$1/$2" && ! compile -w -x c++ "$work/pb/${2%.proto}.pb.h" 2>/dev/null; then
    echo "skipped, its .pb.h does not compile: $2"
    return 1
  fi
}

# generate ROOT DIRECTORY: adds the headers of all protos in ROOT/DIRECTORY to all.cpp.
generate() {
  local root=$1 protos=() proto
  while IFS= read -r proto; do
    if usable "$root" "$proto"; then protos+=("$proto"); fi
  done < <(cd "$root" && find "$2" -name '*.proto' | sed 's,^\./,,' | sort)
  "$protoc" --plugin=protoc-gen-heddle="$plugin" -I"$root" --heddle_opt=descriptors,fakes \
    --heddle_out="$work/heddle" "${protos[@]}"
  printf '#include "%s.heddle.fake.hpp"\n' "${protos[@]%.proto}" >>"$work/all.cpp"
}

# group NAME ROOT DIRECTORY [ROOT DIRECTORY]...
group() {
  local name=$1
  shift
  rm -rf "$work"/{pb,heddle,all.cpp}
  mkdir "$work"/{pb,heddle}
  # With the lower-case macros that a program may have seen before it includes us.
  cat >"$work/all.cpp" <<'END'
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#if __has_include(<sys/sysmacros.h>)
#include <sys/param.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#endif
END
  while (($#)); do
    if [[ -d $1/$2 ]]; then generate "$1" "$2"; fi
    shift 2
  done
  echo "$name: $(grep -c heddle.fake.hpp "$work/all.cpp") headers"
  compile -I"$work/heddle" "$work/all.cpp"
}

include=$(dirname "$(dirname "$(realpath "$(command -v "$protoc")")")")/include
group system "$include" google/protobuf /usr/share/grpc-proto .
group hostile "$here/hostile" .
