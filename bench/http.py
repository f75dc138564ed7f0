"""A client that costs next to nothing: on a small machine it shares the cores with the server it measures."""

import json
import socket
import time


class Connection:
    """One keep-alive connection; ``headers`` go with each request."""

    def __init__(self, port, headers=None):
        self.port = port
        self.headers = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket = None

    def request(self, method, path, body=b"", content_type="application/json", on_first_byte=None):
        """Returns (status, body); ``on_first_byte`` is called when the answer's first piece of body is there."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.headers}"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=180)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(head.encode() + body)
        return self._answer(on_first_byte)

    def _answer(self, on_first_byte):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, data = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = (
            self._chunked(data, on_first_byte) if "chunked" in headers.get("transfer-encoding", "") else None
        )
        if body is None:
            body = self._counted(data, int(headers.get("content-length", 0)), on_first_byte)
        if headers.get("connection") == "close":
            self.close()
        return status, body

    def _counted(self, data, length, on_first_byte):
        parts, size = [data], len(data)
        while size < length:
            parts.append(self._receive())
            size += len(parts[-1])
        if on_first_byte:
            on_first_byte()
        return b"".join(parts)

    def _chunked(self, data, on_first_byte):
        data, parts = bytearray(data), []
        while True:
            while b"\r\n" not in data:
                data += self._receive()
            if on_first_byte:
                on_first_byte()
                on_first_byte = None
            line, _, rest = bytes(data).partition(b"\r\n")
            size, data = int(line.split(b";")[0], 16), bytearray(rest)
            while len(data) < size + 2:
                data += self._receive()
            if size == 0:
                return b"".join(parts)
            parts.append(bytes(data[:size]))
            del data[: size + 2]

    def _receive(self):
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("The server closed the connection.")
        return data

    def close(self):
        self.socket.close()
        self.socket = None

    def get(self, path):
        """The body, and how many seconds it took; raises if it is not a 200."""
        return self.expect(200, "GET", path)

    def post_json(self, path, value):
        body, seconds = self.expect(200, "POST", path, json.dumps(value).encode())
        return json.loads(body), seconds

    def expect(self, wanted, *request, **options):
        start = time.perf_counter()
        status, body = self.request(*request, **options)
        seconds = time.perf_counter() - start
        if status != wanted:
            raise RuntimeError(
                f"{request[0]} {request[1]} answered {status}: {body[:300].decode(errors='replace')}"
            )
        return body, seconds


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def multipart(name, filename, data):
    """The body of a form with one file, and its content type."""
    boundary = "passagesbench"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (
        head.encode() + data + f"\r\n--{boundary}--\r\n".encode(),
        f"multipart/form-data; boundary={boundary}",
    )
