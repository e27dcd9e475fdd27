"""A fake AmiVoice in a process of its own, for tests. Python's standard library is all it takes.

    fake = Fake()                                  # or Fake("--config", "mine.yaml")
    fake.key(epi="2h")                             # a key, asked for as a client does
    fake.advance("90s")                            # everything that fell due has been done and written
    fake.stop()
"""

import base64
import json
import os
import select
import socket
import struct
import subprocess
import urllib.error
import urllib.parse
import urllib.request

BINARY = os.environ.get("MOCKAMIVOICE_BINARY", "mockamivoice")


class Fake:
    """A server on free ports, whose clock stands still until it is moved."""

    def __init__(self, *flags):
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--clock", "manual", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if not words or words[0] != "ready":
            raise RuntimeError("no ready line: " + self.process.communicate(timeout=10)[1])
        found = dict(word.split("=", 1) for word in words[1:])
        self.service, self.admin = found["service"], found["admin"]

    def stop(self):
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        return self.process.returncode

    def call(self, method, path, value=None):
        """An admin route: its status and JSON."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.admin + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, json.loads(reply.read() or "null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def advance(self, by):
        status, moved = self.call("POST", "/clock/advance", {"by": by})
        if status != 200 or moved["unsettled"]:
            raise RuntimeError("clock: %s %s" % (status, moved))
        return moved

    def key(self, **claims):
        form = urllib.parse.urlencode({"sid": "demo", "spw": "demo-password", **claims}).encode()
        with urllib.request.urlopen(self.service + "/issue_service_authorization", form, timeout=10) as reply:
            return reply.read().decode()

    def recognize(self, key, audio):
        """The reply to a recording of 16-bit samples."""
        query = urllib.parse.urlencode({"u": key, "d": "-a-general", "c": "LSB16K"})
        request = urllib.request.Request(self.service + "/v1/recognize?" + query, audio, {"Content-Type": "application/octet-stream"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())


class Stream:
    """A WebSocket of the service, frame by frame (RFC 6455)."""

    def __init__(self, fake):
        url = urllib.parse.urlsplit(fake.service)
        self.socket = socket.create_connection((url.hostname, url.port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            "GET /v1/ HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % (url.netloc, nonce)).encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(head.decode())

    def fill(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError("the server has ended the connection")
        self.buffer += piece

    def frame(self, opcode, payload):
        head = bytes([0x80 | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(payload))
        mask = os.urandom(4)
        repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
        masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
        self.socket.sendall(head + mask + masked.to_bytes(len(payload), "big"))

    def text(self, message):
        self.frame(1, message.encode())

    def feed(self, audio):
        self.frame(2, b"p" + audio)

    def read(self):
        """The next frame: its opcode and payload."""
        while True:
            if len(self.buffer) >= 2:
                size, start = self.buffer[1] & 0x7F, 2
                if size == 126:
                    start, size = 4, struct.unpack(">H", self.buffer[2:4])[0] if len(self.buffer) >= 4 else 1 << 62
                elif size == 127:
                    start, size = 10, struct.unpack(">Q", self.buffer[2:10])[0] if len(self.buffer) >= 10 else 1 << 62
                if len(self.buffer) >= start + size:
                    opcode, payload = self.buffer[0] & 0x0F, self.buffer[start:start + size]
                    self.buffer = self.buffer[start + size:]
                    return opcode, payload
            self.fill()

    def message(self):
        """The next text message that is no interim result."""
        while True:
            opcode, payload = self.read()
            text = payload.decode()
            if opcode == 1 and not text.startswith("U "):
                return text

    def settle(self):
        """Returns the messages that came until the server had taken everything that was sent: it answers a ping in its turn."""
        self.frame(9, b"")
        messages = []
        while True:
            opcode, payload = self.read()
            if opcode == 10:
                return messages
            messages.append(payload.decode())

    def waiting(self):
        """Whether something is there to be read, without waiting for it."""
        return bool(self.buffer or select.select([self.socket], [], [], 0)[0])

    def begin(self, key):
        self.text("s LSB16K -a-general authorization=" + key)
        return self.message()

    def close(self):
        self.socket.close()
