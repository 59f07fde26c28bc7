#!/usr/bin/env bash
# grpc_reflection (v1alpha) and grpc_health, gRPC's own clients for Python.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"
installed python python/bin/python
serve
within 120 "$tool" "$interop/tools/clients.py" "$target"
