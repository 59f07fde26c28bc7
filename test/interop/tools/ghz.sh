#!/usr/bin/env bash
# ghz takes what it calls from reflection, and calls it often.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
installed ghz bin/ghz
serve
says "$(within 60 "$tool" --insecure -n 2000 -c 20 --call $tests/UnaryCall -d '{"response_size": 64}' "$target")" \
  'Count:.?2000' '\[OK\] +2000 responses'
says "$(within 60 "$tool" --insecure -n 50 -c 5 --call $tests/FullDuplexCall \
  -d '[{"response_parameters": [{"size": 3}]}, {"response_parameters": [{"size": 6}]}]' "$target")" '\[OK\] +50 responses'
