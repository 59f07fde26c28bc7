#!/usr/bin/env bash
# fresh.sh [--again] DISTRIBUTION... [COMMAND...]: ./dev COMMAND (default: demo test) in a minimal Debian system that
# has nothing but what debootstrap puts there, with each compiler of that distribution (or with CXX, where that is set).
# What is tried is the commit that is checked out, cloned anew. At the end the table of versions in README.md is brought
# up to date. --again makes the system anew, too; otherwise one that exists keeps the packages it has.
#   HEDDLE_FRESH_DIR     where the systems are (~/.cache/heddle/fresh)
#   HEDDLE_FRESH_MIRROR  where packages come from (debootstrap's own choice)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
systems=${HEDDLE_FRESH_DIR:-$HOME/.cache/heddle/fresh}
mirror=${HEDDLE_FRESH_MIRROR:-}

say() { printf '== %s\n' "$*"; }
die() { printf './dev fresh: %s\n' "$*" >&2; exit 1; }

compilers() {
  case $1 in
    bookworm) echo g++ clang++-16 ;;
    trixie) echo g++ clang++-19 ;;
    sid) echo g++ ;;
  esac
}

# ---- the system

mounted=
unmount() { [[ -z $mounted ]] || umount "$mounted" || true; mounted=; }
trap unmount EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Apt has to reach the mirror as it does here: proxies, and what is said about dates.
apt_settings() {
  local file
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    ! grep -qiE '^ *Acquire::(https?|ftp|Check|Retries)' "$file" 2>/dev/null || cp "$file" "$system/etc/apt/apt.conf.d/"
  done
  echo 'APT::Install-Recommends "false";' >"$system/etc/apt/apt.conf.d/90fresh"
  [[ $distribution != sid ]] || echo 'Acquire::Check-Valid-Until "false";' >>"$system/etc/apt/apt.conf.d/90fresh"
  if [[ $distribution == sid ]]; then  # a protobuf that knows editions is in experimental, and the grpc++ for it
    sed 's/ sid / experimental /' "$system/etc/apt/sources.list" >"$system/etc/apt/sources.list.d/experimental.list"
    printf 'Package: *protobuf* *protoc* *grpc* *upb* libutf8-range*\nPin: release a=experimental\nPin-Priority: 600\n' \
      >"$system/etc/apt/preferences.d/protobuf"
  fi
}

make_system() {
  if [[ ! -e $system/.made || -n $again ]]; then
    ! mountpoint -q "$system/proc" || umount "$system/proc"
    rm -rf --one-file-system "$system"
    mkdir -p "$system"
    say "$distribution: debootstrap"
    debootstrap --variant=minbase "$distribution" "$system" ${mirror:+"$mirror"} >"$system.debootstrap.log" 2>&1 ||
      { tail -n 20 "$system.debootstrap.log" >&2; die "debootstrap could not make $distribution"; }
    apt_settings
    touch "$system/.made"
  fi
  cp -L /etc/resolv.conf "$system/etc/resolv.conf"
  mountpoint -q "$system/proc" || { mount -t proc proc "$system/proc"; mounted=$system/proc; }
}

inside() {
  local name environment=()
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CTEST_PARALLEL_LEVEL; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
  done
  chroot "$system" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "${environment[@]}" "$@"
}

# ---- the table

version_of() { inside dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$@" 2>/dev/null |
  sed -nE 's/^installed ([0-9]+:)?([0-9.]+).*/\2/p' | head -n 1; }

compiler_version() {
  inside "$1" --version | sed -nE '1s/.*[ (]([0-9]+\.[0-9]+\.[0-9]+).*/\1/p'
}

# What a command came to: of the tests that were not skipped, how many passed.
outcome() {
  local status=$1 log=$2 failed total skipped
  read -r failed total < <(
    sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log" | tail -n 1) || true
  skipped=$(sed -nE 's/^== ([0-9]+) tests? skipped.*/\1/p' "$log" | tail -n 1)
  if [[ -n $total ]]; then
    local ran=$((total - ${skipped:-0}))
    echo "$((ran - failed)) of $ran${skipped:+, $skipped skipped}"
  elif ((status == 0)); then
    echo passes
  else
    echo fails
  fi
}

# update_table ROW...: a row replaces the one of the same system and compiler.
update_table() {
  local row rows
  rows=$(awk '/^<!-- versions -->/ {on = 1} /^<!-- end of versions -->/ {on = 0} on && /^\| Debian/' "$root/README.md")
  for row in "$@"; do
    local key
    key=$(awk -F'|' '{split($3, words, " "); print $2 "|" words[1]}' <<<"$row")
    rows=$(awk -F'|' -v key="$key" '{split($3, words, " ")} $2 "|" words[1] != key' <<<"$rows"; printf '%s\n' "$row")
  done
  rows=$(grep . <<<"$rows" | LC_ALL=C sort)
  ROWS=$rows awk '
    /^<!-- versions -->/ {
      print; print ""
      print "| system | compiler | Boost | protobuf | OpenSSL | CMake | Catch2 | `./dev demo` | `./dev test` | minutes |"
      print "|---|---|---|---|---|---|---|---|---|---|"
      print ENVIRON["ROWS"]; print ""
      skip = 1
    }
    /^<!-- end of versions -->/ { skip = 0 }
    !skip' "$root/README.md" >"$root/README.md.new"
  cat "$root/README.md.new" >"$root/README.md"
  rm "$root/README.md.new"
}

# ---- one distribution

failed=()
rows=()
try() {
  local compiler=$1 command log status demo=– test=– started=$SECONDS
  for command in "${commands[@]}"; do
    log=$system.${compiler}.$command.log
    say "$distribution, $compiler: ./dev $command (log: $log)"
    status=0
    inside env CXX="$compiler" bash -c "cd /heddle && ./dev $command" >"$log" 2>&1 </dev/null || status=$?
    tail -n 15 "$log" | sed 's/^/    /'
    ((status == 0)) || failed+=("$distribution/$compiler/$command")
    case $command in
      demo) demo=$(outcome "$status" "$log") ;;
      test) test=$(outcome "$status" "$log") ;;
    esac
  done
  local minutes=$(((SECONDS - started + 59) / 60)) name
  name=$(. "$system/etc/os-release" && echo "Debian ${VERSION_ID:-sid}")
  rows+=("| $name | ${compiler%%-*} $(compiler_version "$compiler") | $(version_of 'libboost1.*-dev') |\
 $(version_of libprotobuf-dev) | $(version_of libssl-dev) | $(version_of cmake) | $(version_of catch2) |\
 $demo | $test | $minutes |")
}

again= distributions=() commands=()
for word in "$@"; do
  case $word in
    --again) again=1 ;;
    bookworm | trixie | sid) distributions+=("$word") ;;
    demo | test | check | asan | tsan) commands+=("$word") ;;
    *) die "what is '$word'? (bookworm, trixie, sid; demo, test, check, asan, tsan)" ;;
  esac
done
((${#distributions[@]})) || die "say which: bookworm, trixie, sid"
((${#commands[@]})) || commands=(demo test)
((EUID == 0)) || die "this makes a system and enters it with chroot, which only root may do"
mkdir -p "$systems"
exec 9>"$systems/lock"
flock -n 9 || die "another one is at work in $systems"

for distribution in "${distributions[@]}"; do
  system=$systems/$distribution
  make_system
  rm -rf "$system/heddle"
  git clone -q --no-hardlinks "$root" "$system/heddle"
  for compiler in ${CXX:-$(compilers "$distribution")}; do try "$compiler"; done
  unmount
done

update_table "${rows[@]}"
printf '%s\n' "${rows[@]}"
((${#failed[@]} == 0)) || die "failed: ${failed[*]}"
