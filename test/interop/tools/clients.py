"""grpcio's health and reflection clients against an interop_server: clients.py HOST:PORT."""
import sys

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

TESTS = "grpc.testing.TestService"
channel = grpc.insecure_channel(sys.argv[1])


def check(holds, what):
    if not holds:
        sys.exit("clients.py: " + what)


def fails(code, call):
    try:
        call()
    except grpc.RpcError as e:
        check(e.code() == code, f"{e.code()} instead of {code}: {e.details()}")
    else:
        check(False, f"should have failed with {code}")


# Reflection: a method is called of which nothing is known here.
database = ProtoReflectionDescriptorDatabase(channel)
services = set(database.get_services())
check({TESTS, "grpc.health.v1.Health", "grpc.channelz.v1.Channelz"} <= services, f"services: {services}")
pool = DescriptorPool(database)
method = pool.FindServiceByName(TESTS).FindMethodByName("UnaryCall")
request_class = message_factory.GetMessageClass(method.input_type)
response_class = message_factory.GetMessageClass(method.output_type)
call = channel.unary_unary(f"/{TESTS}/UnaryCall", request_class.SerializeToString, response_class.FromString)
answer = call(request_class(response_size=5), timeout=10)
check(len(answer.payload.body) == 5, "an answer of 5 bytes was wanted")
check(pool.FindMessageTypeByName("grpc.channelz.v1.Socket").fields_by_name["local"].number == 3, "channelz's Socket")
fails_to_find = False
try:
    pool.FindServiceByName("grpc.testing.Nobody")
except KeyError:
    fails_to_find = True
check(fails_to_find, "a service of nobody was found")

# Several queries on one stream; each file once.
stub = reflection_pb2_grpc.ServerReflectionStub(channel)
queries = [
    reflection_pb2.ServerReflectionRequest(file_containing_symbol="grpc.channelz.v1.Channelz"),
    reflection_pb2.ServerReflectionRequest(file_containing_symbol="lost"),
    reflection_pb2.ServerReflectionRequest(file_by_filename="google/protobuf/any.proto"),
]
first, lost, again = stub.ServerReflectionInfo(iter(queries), timeout=10)
check(len(first.file_descriptor_response.file_descriptor_proto) == 5, "channelz comes with four imports")
check(lost.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0], "what is lost is NOT_FOUND")
check(len(again.file_descriptor_response.file_descriptor_proto) == 1, "what is asked for is sent again")

# Health.
health = health_pb2_grpc.HealthStub(channel)
serving = health_pb2.HealthCheckResponse.SERVING
for name in ("", TESTS):
    status = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status
    check(status == serving, f"the health of '{name}'")
fails(grpc.StatusCode.NOT_FOUND, lambda: health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10))
watch = health.Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
check(next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN, "the first answer of Watch")
watch.cancel()
statuses = health.List(health_pb2.HealthListRequest(), timeout=10).statuses
check(statuses[TESTS].status == serving and "" in statuses, f"List: {statuses}")
print("ok")
