#!/bin/sh
# certificates.sh [FOLDER]: an authority of your own, and what it signs for a server and a client, for thirty days.
# Keep ca.key away from both: whoever has it can be anybody.
set -eu
mkdir -p "${1:-certificates}"
cd "${1:-certificates}"
key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

# sign NAME SUBJECT NAMES USAGE: NAME.pem and NAME.key. Peers look at the names in subjectAltName, not at the subject.
sign() {
  openssl req -new $key -keyout "$1.key" -subj "$2" -addext "subjectAltName=$3" -addext "extendedKeyUsage=$4" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -copy_extensions copy -out "$1.pem"
}
{
  openssl req -x509 $key -days 30 -keyout ca.key -out ca.pem -subj '/CN=authority of the course'
  sign server /CN=server DNS:localhost,IP:127.0.0.1,IP:::1 serverAuth
  sign client /CN=alice email:alice@example.org clientAuth
} 2>openssl.log || { cat openssl.log >&2; exit 1; }
