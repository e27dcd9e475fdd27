"""A fixture for pytest: a fake of its own for each test. Copy this file; Python's standard library is all that it takes."""

import json
import os
import subprocess
import urllib.request

import pytest

BINARY = os.environ.get("MOCKAMIVOICE_BINARY", "mockamivoice")


class AmiVoice:
    def __init__(self, ready):
        found = dict(word.split("=", 1) for word in ready.split()[1:])
        self.admin = found["admin"]
        self.issuer_url = found["service"] + "/issue_service_authorization"
        self.recognize_url = found["service"] + "/v1/recognize"
        self.stream_url = found["service"].replace("http", "ws", 1) + "/v1/"
        self.sid, self.spw = "demo", "demo-password"

    def call(self, method, path, value):
        request = urllib.request.Request(self.admin + path, json.dumps(value).encode(), {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read() or "null")

    def advance(self, by):
        """Moves the clock, and returns when everything that fell due has been done and written."""
        return self.call("POST", "/clock/advance", {"by": by})

    def key(self, **claims):
        """A key with claims of your choice, such as epi="2h"."""
        return self.call("POST", "/keys", claims)["key"]


@pytest.fixture
def amivoice():
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--clock", "manual"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield AmiVoice(process.stdout.readline())
        finally:
            process.terminate()
