"""An ordinary client: it asks for a key and has a recording recognized. `mockamivoice verdict --run -- python3 client.py` judges it."""

import json
import os
import sys
import urllib.parse
import urllib.request

SPEECH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "speech-ja.wav")


def main():
    credentials = {"sid": os.environ["AMIVOICE_SID"], "spw": os.environ["AMIVOICE_SPW"], "epi": "10m"}
    with urllib.request.urlopen(os.environ["AMIVOICE_ISSUER_URL"], urllib.parse.urlencode(credentials).encode()) as reply:
        key = reply.read().decode()
    with open(SPEECH, "rb") as f:
        audio = f.read()
    part = '--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'
    body = ((part % "u" + key + "\r\n" + part % "d" + "-a-general\r\n" + part % "a").encode() + audio + b"\r\n--x--\r\n")
    request = urllib.request.Request(os.environ["AMIVOICE_RECOGNIZE_URL"], body, {"Content-Type": "multipart/form-data; boundary=x"})
    with urllib.request.urlopen(request) as reply:
        result = json.loads(reply.read())
    print(result["text"])
    return 0 if result["code"] == "" else 1


if __name__ == "__main__":
    sys.exit(main())
