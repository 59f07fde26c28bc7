#!/usr/bin/env bash
# http.sh PEER_SERVER: what is not gRPC gets a clear answer and a clean close, and the server serves on.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
command -v curl >/dev/null || skip "curl is not installed"

start "$1"
host=${address%:*} port=${address##*:}

# ---- HTTP by curl

# fetch ARGUMENT...: prints the status, the headers and trailers, and the text.
fetch() { within 20 curl -sS --max-time 15 -D- "$@" | tr -d '\r'; }

expect() {
  local name=$1 answer=$2 pattern
  shift 2
  for pattern in "$@"; do grep -qE -- "$pattern" <<<"$answer" || die "$name: no '$pattern' in: $answer"; done
  echo "ok: $name"
}

expect "HTTP/1.1 is told what this port speaks" "$(fetch --http1.1 "http://$address/")" \
  '^HTTP/1.1 400 ' '^connection: close' 'gRPC over HTTP/2'
expect "HTTP/1.1 with Upgrade: h2c" "$(fetch --http2 "http://$address/")" '^HTTP/1.1 400 '
expect "a GET over HTTP/2" "$(fetch --http2-prior-knowledge "http://$address/")" '^HTTP/2 405' 'POST'
expect "a POST that is not gRPC" "$(fetch --http2-prior-knowledge -d '{}' "http://$address/heddle_peer.Peer/Echo")" \
  '^HTTP/2 415' 'application/grpc'

# ---- bytes

# hex PRINTF_FORMAT: sends it; prints what comes back until the end, which the server has to make.
hex() {
  exec 3<>"/dev/tcp/$host/$port"
  printf "$1" >&3
  timeout 8 od -An -v -tx1 <&3 | tr -d ' \n' || die "the server did not close the connection after: $1"
  exec 3>&-
}

preface='PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
settings='\0\0\0\4\0\0\0\0\0'
# name | bytes | code of the GOAWAY
while IFS='|' read -r name bytes code; do
  answer=$(hex "$bytes")
  [[ $answer =~ 070000000000000000[0-9a-f]{2}000000$code ]] || die "$name: no GOAWAY with code $code in $answer"
  echo "ok: $name"
done <<END
words|these are no frames\n|01
a TLS client hello|\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03|01
half a preface|PRI * HTTP/2.0\r\n\r\nSM\r\n\n|01
words after the preface|${preface}these are no frames|06
no SETTINGS|${preface}\0\0\10\6\0\0\0\0\0pingpong|01
a frame too large|$preface$settings\xff\xff\xff\0\0\0\0\0\1|06
DATA on an idle stream|$preface$settings\0\0\1\0\0\0\0\0\1x|01
WINDOW_UPDATE of three bytes|$preface$settings\0\0\3\x08\0\0\0\0\0abc|06
a header block that is none|$preface$settings\0\0\4\1\5\0\0\0\1\xff\xff\xff\xff|09
END

for seed in {1..40}; do
  exec 3<>"/dev/tcp/$host/$port"
  {
    ((seed % 2)) || printf "$preface$settings"
    awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 2000; ++i) printf "%c", int(rand() * 256) }'
  } >&3 2>/dev/null || true
  exec 3>&-
done
echo "ok: noise, and clients that leave"

printf '\0\0\0\0\x05\x0a\x03abc' >"$work/request"  # Message{payload}, framed
expect "a gRPC call by curl, on the same server" \
  "$(fetch --http2-prior-knowledge -H 'content-type: application/grpc' -H 'te: trailers' \
    --data-binary "@$work/request" "http://$address/heddle_peer.Peer/Echo" | tr -d '\0')" \
  '^HTTP/2 200' '^content-type: application/grpc' 'abc' 'grpc-status: 0'
kill -0 "$server" || die "the server has ended"
