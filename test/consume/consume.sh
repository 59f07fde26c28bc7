#!/usr/bin/env bash
# Uses heddle as other projects do. usage: consume.sh CASE [ARG]; the environment comes from CMakeLists.txt beside this:
#   HEDDLE_SOURCE, HEDDLE_BUILD   the tree, and a build of it to install from
#   HEDDLE_WORK                   where everything lands: prefix/ by the case `install`, and one folder a case
#   CMAKE, GENERATOR, CXX, CXXFLAGS, PROTOC
# Ends with 77 and a reason when a tool is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
case_name=$1
prefix=$HEDDLE_WORK/prefix
plugin=$prefix/bin/protoc-gen-heddle
work=$HEDDLE_WORK/$case_name${2:+_$2}

die() { printf '%s\n' "consume: $*" >&2; exit 1; }
skip() { printf '%s\n' "skipped: $*"; exit 77; }
needs() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

launcher=()
! command -v ccache >/dev/null || launcher=(ccache)

# configure SOURCE [ARG...]: in $work/build
configure() {
  local source=$1
  shift
  "$CMAKE" -S "$source" -B "$work/build" -G "$GENERATOR" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="$CXXFLAGS" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="${launcher[*]}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_BUILD_TYPE= "$@"
}
build() { "$CMAKE" --build "$work/build"; }
# build_app SOURCE [ARG...]: to its end, and run
build_app() {
  configure "$@"
  build
  "$work/build/app"
}
installed_app() { build_app "$1" -DCMAKE_PREFIX_PATH="$prefix" "${@:2}"; }

libraries() { ldd "$1" | awk '{print $1}'; }
links() { libraries "$1" | grep -q "^$2\\.so"; }

# generate SOURCE_DIR PROTO: by hand, into $work/generated
generate() {
  mkdir -p "$work/generated"
  "$PROTOC" --plugin=protoc-gen-heddle="$plugin" -I"$1" --cpp_out="$work/generated" --heddle_out="$work/generated" "$2"
}
# false_plugin DIR SCRIPT: a protoc-gen-heddle there that does this.
false_plugin() {
  mkdir -p "$1"
  printf '#!/bin/sh\n%s\n' "$2" >"$1/protoc-gen-heddle"
  chmod +x "$1/protoc-gen-heddle"
}
compile() { "${launcher[@]}" "$CXX" $CXXFLAGS -std=c++20 -I"$work/generated" "$@"; }
# pkg_config PREFIX ARG...
pkg_config() {
  local dir
  dir=$(dirname "$(find "$1" -name heddle.pc)")
  shift
  PKG_CONFIG_PATH=$dir pkg-config "$@"
}

rm -rf "$work"
mkdir -p "$work"
case $case_name in
  install)
    rm -rf "$prefix"
    "$CMAKE" --install "$HEDDLE_BUILD" --prefix "$prefix" >"$work/log"
    for file in include/heddle/client.hpp include/heddle/client/channel.ipp bin/protoc-gen-heddle; do
      [[ -f $prefix/$file ]] || die "$file was not installed"
    done
    ! grep -rIl -e "$prefix" -e "$HEDDLE_BUILD" -e "$HEDDLE_SOURCE/include" -e "$HEDDLE_SOURCE/cmake" "$prefix" ||
      die "these files know where they were made"
    ;;

  find_package)
    installed_app "$here/find_package"
    ! links "$work/build/app" '\(libssl\|libcrypto\)' || die "a program without TLS links OpenSSL"
    ;;

  tls)
    installed_app "$here/tls"
    links "$work/build/app" libssl || die "where is OpenSSL?"
    ;;

  moved)
    cp -a "$prefix" "$work/elsewhere"
    build_app "$here/find_package" -Dheddle_ROOT="$work/elsewhere"
    ! grep -rIq "$prefix/" "$work/build" || die "the old prefix is still used"
    if command -v pkg-config >/dev/null; then
      [[ $(pkg_config "$work/elsewhere" --cflags --libs heddle-compiled) != *"$prefix/"* ]] || die "the .pc files know it"
    fi
    ;;

  fetch_content)
    build_app "$here/fetch_content" -DFETCHCONTENT_SOURCE_DIR_HEDDLE="$HEDDLE_SOURCE" -DHEDDLE_PROTOC_GEN="$plugin"
    [[ -z $(find "$work/build" -name protoc-gen-heddle) ]] || die "the plugin was built though one is named"
    ;;

  add_subdirectory)
    false_plugin "$work/stale" '[ "$1" = --version ] && echo "protoc-gen-heddle 9.9.9, generated code 99"'
    PATH=$work/stale:$PATH build_app "$here/add_subdirectory" -DHEDDLE_SOURCE_DIR="$HEDDLE_SOURCE"
    ;;

  # One in PATH is used if it was made for these headers, but not for heddle's own programs.
  plugin_in_path)
    false_plugin "$work/old" 'exit 1'
    false_plugin "$work/fits" "echo \"\$*\" >>'$work/ran'; exec '$plugin' \"\$@\""
    export PATH=$work/old:$work/fits:$PATH
    build_app "$here/add_subdirectory" -DHEDDLE_SOURCE_DIR="$HEDDLE_SOURCE"
    grep -vq -e --version "$work/ran" || die "the plugin in PATH was not used"
    [[ -z $(find "$work/build" -name protoc-gen-heddle) ]] || die "the plugin was built though a fitting one is in PATH"
    rm -rf "$work/build"
    configure "$HEDDLE_SOURCE" -DHEDDLE_BUILD_TESTS=OFF -DHEDDLE_BUILD_BENCH=OFF -DHEDDLE_BUILD_EXAMPLES=ON >"$work/log"
    # CMake 4 logs there what its searches have seen.
    ! grep -rIl --exclude=CMakeConfigureLog.yaml "$work/fits" "$work/build" || die "heddle's own examples take the plugin in PATH"
    ;;

  pkg_config)
    needs pkg-config
    generate "$here/app" greet.proto
    compile "$here/app/main.cpp" "$work/generated/greet.pb.cc" \
      $(pkg_config "$prefix" --cflags --libs heddle-compiled protobuf) -o "$work/app"
    "$work/app"
    pkg_config "$prefix" --exists heddle || die "heddle.pc is wrong"
    ;;

  plain) # the header-only form
    generate "$here/app" greet.proto
    protobuf=$(pkg-config --libs protobuf 2>/dev/null) || protobuf=-lprotobuf  # newer ones want Abseil's libraries, too
    compile -I"$prefix/include" "$here/app/main.cpp" "$work/generated/greet.pb.cc" -o "$work/app" -pthread $protobuf -lz
    "$work/app"
    ;;

  lite)
    installed_app "$here/lite"
    links "$work/build/app" libprotobuf-lite || die "it does not link libprotobuf-lite"
    ! links "$work/build/app" libprotobuf || die "it links the whole of protobuf"
    ;;

  own_protos)
    installed_app "$here/own_protos"
    ;;

  # A cross build on one machine: the installed plugin is one that can't run here.
  cross)
    cp -a "$prefix" "$work/sysroot"
    false_plugin "$work/sysroot/bin" 'echo "this is a program of another machine" >&2; exit 126'
    false_plugin "$work/stale" 'echo "protoc-gen-heddle 0.0.1"'
    printf 'set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR loom)\n' >"$work/toolchain.cmake"
    cross=("$here/find_package" -DCMAKE_TOOLCHAIN_FILE="$work/toolchain.cmake" -DCMAKE_PREFIX_PATH="$work/sysroot")
    ! PATH=$work/stale:/usr/bin:/bin configure "${cross[@]}" >"$work/log" 2>&1 ||
      die "it took a plugin from somewhere"
    for text in HEDDLE_PROTOC_GEN "$work/stale"; do
      tr -s '\n ' ' ' <"$work/log" | grep -qF "$text" || die "the error does not name $text"
    done
    rm -rf "$work/build"
    PATH=$prefix/bin:$PATH build_app "${cross[@]}"
    rm -rf "$work/build"
    build_app "${cross[@]}" -DHEDDLE_PROTOC_GEN="$plugin"
    ;;

  example)
    cp -a "$HEDDLE_SOURCE/examples/$2" "$work/copy"
    configure "$work/copy" -DCMAKE_PREFIX_PATH="$prefix"
    build
    ;;

  *) die "there is no case $case_name" ;;
esac
