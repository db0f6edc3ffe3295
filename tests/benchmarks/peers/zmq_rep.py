"""ZeroMQ REQ-REP with msgpack."""

import sys
import time
from typing import cast

import msgpack
import zmq

rep = zmq.Context().socket(zmq.REP)
rep.bind(f"ipc://{sys.argv[1]}")
while True:
    message = msgpack.unpackb(rep.recv())
    answer = {"id": message["id"], "result": {"time_s": time.time()}}
    rep.send(cast("bytes", msgpack.packb(answer)))
