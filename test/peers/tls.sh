#!/usr/bin/env bash
# tls.sh PEER_SERVER: TLS as OpenSSL's own client and curl see it.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
for tool in openssl curl; do command -v $tool >/dev/null || skip "$tool is not installed"; done

# certificate NAME SUBJECT EXTENSIONS [ISSUER]: NAME.pem and NAME.key
certificate() {
  local signed=()
  [[ $# == 4 ]] && signed=(-CA "$work/$4.pem" -CAkey "$work/$4.key")
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$2" -addext "$3" "${signed[@]}" \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
if ! openssl req -help 2>&1 | grep -q -- -CA; then skip "this openssl can't sign with a CA in one step"; fi
certificate ca "peer test CA" keyUsage=keyCertSign
certificate server server subjectAltName=DNS:localhost,IP:127.0.0.1 ca
certificate client client subjectAltName=URI:spiffe://test/client ca

start "$1" 127.0.0.1:0 "$work/server.pem" "$work/server.key"
if [[ ! $(curl -sS --max-time 5 "http://$address/" 2>&1) == *"with TLS"* ]]; then skip "built without TLS"; fi

# fetch ARGUMENT...: the status, the headers and trailers, and the text.
fetch() { curl -sS --max-time 15 -D- --cacert "$work/ca.pem" "$@" 2>&1 | tr -d '\r' || true; }
# hello ARGUMENT...: what OpenSSL's client says of a handshake.
hello() { timeout 15 openssl s_client -connect "$address" -CAfile "$work/ca.pem" "$@" </dev/null 2>&1 || true; }

expect() {
  local name=$1 answer=$2 pattern
  shift 2
  for pattern in "$@"; do grep -qE -- "$pattern" <<<"$answer" || die "$name: no '$pattern' in: $answer"; done
  echo "ok: $name"
}

expect "HTTP/2" "$(fetch --http2 "https://$address/")" '^HTTP/2 405' 'POST'
expect "no ALPN" "$(fetch --no-alpn "https://$address/")" '^HTTP/1.1 400 ' 'gRPC over HTTP/2'
expect "ALPN without h2" "$(fetch --http1.1 "https://$address/")" 'no application protocol'
expect "cleartext" "$(fetch "http://$address/")" '^HTTP/1.1 400 ' 'gRPC over HTTP/2 with TLS'
expect "TLS 1.3" "$(hello -alpn h2)" 'TLSv1.3' 'ALPN protocol: h2' 'Verify return code: 0' 'Compression: NONE'
expect "TLS 1.2" "$(hello -alpn h2 -tls1_2)" 'TLSv1.2' 'ECDHE' 'ALPN protocol: h2' \
  'Secure Renegotiation IS supported'
expect "TLS 1.1" "$(hello -alpn h2 -tls1_1 -cipher DEFAULT@SECLEVEL=0)" 'alert protocol version|no protocols available'
expect "a blocked cipher" "$(hello -alpn h2 -tls1_2 -cipher AES128-GCM-SHA256)" 'handshake failure'
expect "ALPN http/1.1" "$(hello -alpn http/1.1)" 'no application protocol'

# -reconnect: five more connections with the session of the first
again=$(hello -alpn h2 -tls1_2 -reconnect)
expect "resumption" "$again" '^New, TLSv1.2' '^Reused, TLSv1.2'
(($(grep -c '^Reused' <<<"$again") == 5)) || die "resumption: $again"

start "$1" 127.0.0.1:0 "$work/server.pem" "$work/server.key" "$work/ca.pem"
expect "no client certificate" "$(fetch --http2 "https://$address/")" 'certificate required|alert'
expect "a client certificate" \
  "$(fetch --http2 --cert "$work/client.pem" --key "$work/client.key" "https://$address/")" '^HTTP/2 405'
