"""gRPC over a Unix socket, generic handler, JSON bodies."""

import json
import sys
import time
from concurrent import futures

import grpc


def ping(request: object, _: grpc.ServicerContext) -> object:
    return {"time_s": time.time()}


server = grpc.server(futures.ThreadPoolExecutor(1))
handler = grpc.unary_unary_rpc_method_handler(
    ping, request_deserializer=json.loads, response_serializer=lambda value: json.dumps(value).encode()
)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("peer.Peer", {"Ping": handler}),))
server.add_insecure_port(f"unix:{sys.argv[1]}")
server.start()
server.wait_for_termination()
