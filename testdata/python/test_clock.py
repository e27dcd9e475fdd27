"""The clock of the fake over HTTP, as a test in any language can move it. Run by go test ./cmd/mockamivoice."""

import os
import sys
import tempfile
import time
import unittest

from mockamivoice import Fake, Stream

SPEECH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "speech-ja.raw")
SILENCE = bytes(32000)  # a second


class OnAFake(unittest.TestCase):
    """A test with a fake of its own, which tells how much real time it took."""

    flags = ()

    def setUp(self):
        self.fake = Fake(*self.flags)
        self.addCleanup(self.end)
        self.started = time.perf_counter()

    def end(self):
        print("%s: %.1f ms of real time" % (self.id(), 1000 * (time.perf_counter() - self.started)), file=sys.stderr)
        self.assertEqual(self.fake.stop(), 0)

    def stream(self, key=None):
        stream = Stream(self.fake)
        self.addCleanup(stream.close)
        self.assertEqual(stream.begin(key or self.fake.key(epi="48h")), "s")
        return stream

    def assertThere(self, stream, expected):
        """The message is there when advance has returned, without waiting for it."""
        self.assertTrue(stream.waiting(), "nothing is there to be read")
        self.assertEqual(stream.message(), expected)


class Clock(OnAFake):
    def test_stands_still_and_moves_forward_alone(self):
        status, before = self.fake.call("GET", "/clock")
        self.assertEqual((status, before["kind"]), (200, "manual"))
        self.fake.key()
        self.assertEqual(self.fake.call("GET", "/clock")[1]["now"], before["now"])
        day = "2030-01-01T00:00:00.000Z"
        self.assertEqual(self.fake.call("PUT", "/clock", {"now": day})[1]["now"], day)
        self.assertEqual(self.fake.advance("90s")["now"], "2030-01-01T00:01:30.000Z")
        self.assertEqual(self.fake.call("PUT", "/clock", {"now": day})[0], 400)
        self.assertEqual(self.fake.call("GET", "/clock")[1]["now"], "2030-01-01T00:01:30.000Z")

    def test_a_key_of_two_hours_is_refused_after_them(self):
        with open(SPEECH, "rb") as f:
            audio = f.read()
        key = self.fake.key(epi="2h")
        self.fake.advance("1h59m59s")
        self.assertEqual(self.fake.recognize(key, audio)["code"], "")
        self.stream(key)
        self.fake.advance("2s")
        refused = self.fake.recognize(key, audio)
        self.assertEqual((refused["code"], refused["message"]), ("-", "received illegal service authorization"))
        stream = Stream(self.fake)
        self.addCleanup(stream.close)
        self.assertRegex(stream.begin(key), r"^s service authorization has expired: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3} \+0000 \(-1s\)$")

    def test_ends_a_stream_after_60_s_without_data(self):
        stream = self.stream()
        self.fake.advance("59s")
        self.assertFalse(stream.waiting())
        self.fake.advance("1s")
        self.assertThere(stream, "e timeout occurred")

    def test_says_so_when_somebody_was_speaking(self):
        stream = self.stream()
        with open(SPEECH, "rb") as f:
            stream.feed(f.read(48000))
        self.assertTrue(stream.settle()[0].startswith("S "))
        self.fake.advance("59s")
        self.assertFalse(stream.waiting())
        self.fake.advance("1s")
        self.assertThere(stream, "e timeout occurred while recognizing audio data from client")

    def test_ends_a_stream_after_600_s_without_speech(self):
        stream = self.stream()
        for _ in range(11):
            stream.feed(SILENCE)
            self.assertEqual(stream.settle(), [])
            self.fake.advance("54s")
        stream.feed(SILENCE)
        self.assertEqual(stream.settle(), [])
        self.fake.advance("5s")
        self.assertFalse(stream.waiting())
        self.fake.advance("1s")
        self.assertThere(stream, "p can't feed audio data to recognizer server")


class LongLimits(OnAFake):
    """A day, in one step: the other limits are longer here."""

    @classmethod
    def setUpClass(cls):
        f = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        cls.addClassCleanup(os.unlink, f.name)
        with f:
            f.write("limits: {no_data: 48h, non_speech: 48h, idle: 48h}\n")
        cls.flags = ("--config", f.name)

    def test_ends_a_stream_after_24_h(self):
        stream = self.stream()
        stream.feed(SILENCE)
        self.assertEqual(stream.settle(), [])
        self.fake.advance("23h59m59s")
        self.assertFalse(stream.waiting())
        self.fake.advance("1s")
        self.assertThere(stream, "p session timeout occurred")


if __name__ == "__main__":
    unittest.main()
