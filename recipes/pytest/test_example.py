"""What a test of yours might look like."""

import json
import urllib.parse
import urllib.request


def recognize(url, key, audio):
    query = urllib.parse.urlencode({"u": key, "d": "-a-general", "c": "LSB16K"})
    with urllib.request.urlopen(urllib.request.Request(url + "?" + query, audio, {"Content-Type": "application/octet-stream"})) as reply:
        return json.loads(reply.read())


def test_a_key_is_refused_when_its_time_is_over(amivoice):
    key = amivoice.key(epi="2h")
    assert recognize(amivoice.recognize_url, key, bytes(32000))["code"] == "o"  # silence
    amivoice.advance("2h")
    assert recognize(amivoice.recognize_url, key, bytes(32000))["message"] == "received illegal service authorization"
