#!/usr/bin/env bash
# certs.sh DIR: makes ca.pem, and server1.pem with server1.key for foo.test.google.fr and *.test.google.fr, signed by
# it: the names that gRPC's interop programs know. Keeps what is there and good for another day.
set -euo pipefail
mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9
openssl x509 -checkend 86400 -noout -in server1.pem >/dev/null 2>&1 && exit 0

log() { "$@" >openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }; }
new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
log openssl req -x509 "${new_key[@]}" -keyout ca.key -out ca.pem -days 30 -subj /CN=testca \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
log openssl req "${new_key[@]}" -keyout server1.key -out server1.csr -subj /CN=foo.test.google.fr
log openssl x509 -req -in server1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server1.new -days 30 -extfile <(
  echo "subjectAltName = DNS:foo.test.google.fr, DNS:*.test.google.fr, IP:127.0.0.1"
  echo "extendedKeyUsage = serverAuth"
)
rm ca.key server1.csr
mv server1.new server1.pem
