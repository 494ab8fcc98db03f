"""A client of version 1 of the wire: docs/wire.md and cbor2.

    python3 v1.py unix:/run/timer.sock
    python3 v1.py tcp:127.0.0.1:7000

It asks a served my_timer for its version and for an echo.
"""

import socket
import struct
import sys

import cbor2


class Failed(Exception):
    """A request failed: with its declared error, if `ret` is 1, otherwise with a text."""

    def __init__(self, ret, payload):
        self.ret = ret
        self.error = cbor2.loads(payload) if ret == 1 else payload.decode()
        super().__init__(f"{ret}: {self.error}")


def connect(address):
    kind, _, place = address.partition(":")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(place)
        return connection
    if kind == "tcp":
        host, _, port = place.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)))
    raise ValueError(f"{address} is neither unix:<path> nor tcp:<host>:<port>")


def receive(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection")
        data += piece
    return data


def ask(connection, method, **arguments):
    name, payload = method.encode(), cbor2.dumps(arguments)
    connection.sendall(struct.pack(">I", len(name)) + name + struct.pack(">I", len(payload)) + payload)
    ret, length = struct.unpack(">iI", receive(connection, 8))
    payload = receive(connection, length)
    if ret != 0:
        raise Failed(ret, payload)
    return cbor2.loads(payload)


def main(address):
    with connect(address) as connection:
        # The version is with the library's information in the descriptor: no request has to offer it.
        descriptor = cbor2.loads(ask(connection, "ffihost.descriptor"))
        print(next(info["version"] for info in descriptor["info"] if "version" in info))
        echo = ask(connection, "echo", req={"message": "hello over the wire", "delay_ms": 10})
        print(f"echo.echoed = {echo['echoed']}")
        print(f"echo.timer = {echo['timer']}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: v1.py unix:<path> | tcp:<host>:<port>")
    main(sys.argv[1])
