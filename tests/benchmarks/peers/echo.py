"""Raw blocking echo over a Unix socket."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    while True:
        link, _ = listener.accept()
        while data := link.recv(65536):
            link.sendall(data)
