"""Standard tools find and probe the node's services: reflection_client_test.py NODE GRPC_PROTO_FOLDER"""

import sys

import grpc
import stubs
from google.protobuf import descriptor_pb2

REFLECTION, HEALTH = "grpc/reflection/v1alpha/reflection", "grpc/health/v1/health"
SERVICES = {"weft.v1.AdminService", "weft.v1.CompressService", "weft.v1.EmbedService", "weft.v1.JobService", "weft.v1.NodeService", "tei.v1.Info", "tei.v1.Embed", "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection"}

with stubs.generated(sys.argv[2], REFLECTION, HEALTH) as made, stubs.node(sys.argv[1]) as channel:
    messages, services = made[REFLECTION]
    reflection = services.ServerReflectionStub(channel)

    def ask(**question):
        request = messages.ServerReflectionRequest(**question)
        return next(reflection.ServerReflectionInfo(iter([request]), timeout=60))

    listed = {one.name for one in ask(list_services="*").list_services_response.service}
    assert listed == SERVICES, listed
    for service in SERVICES:
        files = ask(file_containing_symbol=service).file_descriptor_response.file_descriptor_proto
        assert files, f"reflection does not resolve {service}"
    files = ask(file_containing_symbol="weft.v1.EmbedRequest").file_descriptor_response.file_descriptor_proto
    file = descriptor_pb2.FileDescriptorProto.FromString(files[0])
    request = next(m for m in file.message_type if m.name == "EmbedRequest")
    texts = next(f for f in request.field if f.name == "texts")
    assert texts.type == descriptor_pb2.FieldDescriptorProto.TYPE_STRING, "clients must see texts as strings"

    messages, services = made[HEALTH]
    health = services.HealthStub(channel)
    for service in ("", "weft.v1.EmbedService", "tei.v1.Embed"):
        reply = health.Check(messages.HealthCheckRequest(service=service), timeout=60)
        assert reply.status == messages.HealthCheckResponse.SERVING, (service, reply)
    unknown = messages.HealthCheckRequest(service="no.such.Service")
    stubs.refused(lambda: health.Check(unknown, timeout=60), grpc.StatusCode.NOT_FOUND)
    assert next(health.Watch(unknown, timeout=60)).status == messages.HealthCheckResponse.SERVICE_UNKNOWN
print("reflection and health work")
