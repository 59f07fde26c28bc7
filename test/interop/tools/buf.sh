#!/usr/bin/env bash
# buf curl, with connect-go's gRPC, and reflection in both versions.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
command -v node >/dev/null || skip "node is not installed"
installed buf npm/node_modules/.bin/buf
serve
curl() { within 60 "$tool" curl --http2-prior-knowledge --protocol grpc "$@"; }

for version in v1 v1alpha; do
  says "$(curl --reflect-protocol grpc-$version --list-methods "http://$target")" $tests/UnaryCall $health/List \
    $channelz/GetSocket grpc.reflection.v1.ServerReflection/ServerReflectionInfo
done
says "$(curl -d '{"responseSize": 3}' "http://$target/$tests/UnaryCall")" '"body": *"AAAA"'
says "$(curl -d '{"responseParameters": [{"size": 3}, {"size": 6}]}' "http://$target/$tests/StreamingOutputCall")" \
  '"AAAA".*"AAAAAAAA"'
says "$(curl -d '{"payload": {"body": "AAAA"}} {"payload": {"body": "AAAAAAAA"}}' "http://$target/$tests/StreamingInputCall")" \
  '"aggregatedPayloadSize": *9'
says "$(curl -d '{"responseParameters": [{"size": 3}]}' "http://$target/$tests/FullDuplexCall")" '"AAAA"'
says "$(curl -d '{}' "http://$target/$health/Check")" '"SERVING"'
says "$(curl -d '{}' "http://$target/$channelz/GetServers")" '"callsStarted"'
! timeout 60 "$tool" curl --http2-prior-knowledge --protocol grpc -d '{"service": "nobody"}' \
  "http://$target/$health/Check" >"$work/output" 2>&1 || die "the health of nobody was told"
says "$(<"$work/output")" '"not_found"'

# A protocol that is not spoken here is refused at once, also to who would rather go on sending.
! timeout 30 "$tool" curl --http2-prior-knowledge --protocol connect --reflect-protocol grpc-v1 --list-services \
  "http://$target" >"$work/output" 2>&1 || says "$(<"$work/output")" $health
! grep -q interrupted "$work/output" || die "buf waited for an answer"
