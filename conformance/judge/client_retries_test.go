package judge_test

import (
	"strings"
	"time"

	"mockamivoice/scenarios"
)

// keyed is s with another key than that of the good clients.
func keyed(id string) string { return strings.Replace(start, "aaaaaaaaaaaa", id, 1) }

// rejected is the reply to a recording with that code.
func coded(code string) string { return strings.Replace(success, `"code":""`, `"code":"`+code+`"`, 1) }

func badRetries() []badClient {
	const key = "u=<key:aaaaaaaaaaaa>"
	recording := []byte("RIFF....WAVE of somebody")
	again := func(about, laws, code string, fields ...string) badClient {
		return badClient{about, laws, func(c *chat) {
			c.open(20)
			for range 2 {
				c.upload(20, recording, coded(code), append([]string{key}, append(fields, "a=")...)...)
				c.wait(time.Second)
			}
		}}
	}
	attempts := func(c *chat, n int, pause time.Duration, s, answer string) {
		for i := range n {
			c.refuse(uint64(30+i), s, answer)
			c.wait(pause)
		}
	}
	return []badClient{
		{"sends a refused s again", "retry.unchanged-start", func(c *chat) { attempts(c, 2, time.Minute, keyed("eeeeeeeeeeee"), invalid) }},
		{"sends a refused s again on the same stream", "retry.unchanged-start", func(c *chat) {
			c.shake(20, "/v1/")
			for range 2 {
				c.send(20, keyed("eeeeeeeeeeee"))
				c.say(20, invalid)
			}
		}},
		{"sends s again when the server is to blame", "", func(c *chat) { attempts(c, 4, time.Minute, keyed("eeeeeeeeeeee"), unavailable) }},
		{"feeds refused audio again", "retry.unchanged-audio", func(c *chat) {
			c.shake(20, "/v1/")
			for range 2 {
				c.send(20, keyed("eeeeeeeeeeee"))
				c.say(20, "s")
				c.feed(20, hum(320))
				c.say(20, unsupported)
			}
		}},
		again("sends a recording again after +", "retry.unchanged-recording", "+", "d=-a-general"),
		again("sends a recording again after -", "retry.unchanged-recording", "-", "d=-a-general"),
		again("sends a recording again after o", "retry.unchanged-recording", "o", "d=-a-general"),
		again("sends a recording again after !", "", "!", "d=-a-general"),
		{"sends a recording with another engine after o", "", func(c *chat) {
			c.open(20)
			c.upload(20, recording, coded("o"), key, "d=-a-general", "a=")
			c.upload(20, recording, coded("o"), key, "d=-a2-ja-general", "a=")
		}},
		{"sends a recording again after 413", "retry.unchanged-recording", func(c *chat) {
			c.open(20)
			for range 2 {
				c.ask(20, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, parts([]string{key, "d=-a-general", "a="}), recording, 413, "")
			}
		}},
		{"hammers after 503", "retry.pause", func(c *chat) {
			c.open(20)
			for range 6 {
				c.ask(20, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, parts([]string{key, "d=-a-general", "a="}), recording, 503, "")
			}
		}},
		{"hammers after b", "retry.pause", func(c *chat) {
			c.open(20)
			for range 4 {
				c.upload(20, recording, coded("b"), key, "d=-a-general", "a=")
			}
		}},
		{"comes back before the time that a proxy said", "retry.pause", func(c *chat) { toldLater(c, 2*time.Second) }},
		{"comes back when a proxy said", "", func(c *chat) { toldLater(c, 5*time.Second) }},
		{"has a clock that runs a little fast", "", func(c *chat) { toldLater(c, 4900*time.Millisecond) }},
		{"waits after 503", "", func(c *chat) {
			c.open(20)
			for range 6 {
				c.ask(20, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, parts([]string{key, "d=-a-general", "a="}), recording, 503, "")
				c.wait(time.Second)
			}
		}},
		{"connects again and again", "retry.storm", func(c *chat) { attempts(c, 9, 300*time.Millisecond, keyed("eeeeeeeeeeee"), unavailable) }},
		{"connects again and again, and hammers", "retry.pause retry.storm", func(c *chat) { attempts(c, 9, 0, keyed("eeeeeeeeeeee"), unavailable) }},
		{"connects again and again to a server that hangs up", "retry.storm", func(c *chat) {
			for i := range uint64(6) {
				c.shake(30+i, "/v1/")
				c.send(30+i, keyed("eeeeeeeeeeee"))
				c.end(30+i, "dropped")
			}
		}},
		{"is one of many who share a key", "", func(c *chat) {
			for i := range uint64(20) {
				c.shake(30+i, "/v1/")
			}
			for i := range uint64(20) {
				c.send(30+i, keyed("eeeeeeeeeeee"))
				c.say(30+i, unavailable)
			}
			for i := range uint64(20) {
				c.leave(30 + i)
			}
		}},
	}
}

// met is a chat with a stream on which a fault of scenario id struck.
func met(c *chat, id string) {
	c.begin(20, start)
	c.feed(20, hum(320))
	c.fault(20, "stream", id)
	c.say(20, failed)
}

func badReactions() []badClient {
	const law = "scenario.expectation"
	return []badClient{
		{"does nothing", law, func(c *chat) { met(c, "stream.again") }},
		{"asks for a key too late", law, func(c *chat) {
			met(c, "stream.again")
			c.wait(6 * time.Second)
			c.issue(21, "sid=demo", "spw=***")
			c.begin(22, start)
		}},
		{"asks for a key and begins", "", func(c *chat) {
			met(c, "stream.again")
			c.issue(21, "sid=demo", "spw=***")
			c.begin(22, start)
		}},
		{"stays", law, func(c *chat) { met(c, "stream.leave") }},
		{"leaves", "", func(c *chat) {
			met(c, "stream.leave")
			c.leave(20)
		}},
		{"is thrown out", "", func(c *chat) {
			met(c, "stream.leave")
			c.end(20, "hung up")
		}},
		{"goes on", law, func(c *chat) {
			met(c, "stream.nothing")
			c.send(20, start)
		}},
		{"goes on elsewhere", law, func(c *chat) {
			met(c, "stream.nothing")
			c.begin(21, start)
		}},
		{"goes on when all has come to a good end", "", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.fault(20, "stream", "stream.nothing")
			c.send(20, "e")
			c.say(20, "e")
			c.send(20, start)
			c.say(20, "s")
			c.finish(20)
			c.begin(21, start)
		}},
		{"leaves where it should have waited", law, func(c *chat) {
			c.begin(20, start)
			c.fault(20, "stream", "stream.nothing")
			c.control(20, scenarios.In, 8)
		}},
		{"sends a refused recording again where it should not", law + " retry.unchanged-recording", func(c *chat) {
			c.open(20)
			c.fault(20, "sync", "stream.nothing")
			for range 2 {
				c.upload(20, []byte("RIFF....WAVE of somebody"), coded("o"), "u=<key:aaaaaaaaaaaa>", "d=-a-general", "a=")
			}
		}},
		{"sends the next recording of many", "", func(c *chat) {
			c.open(20)
			c.fault(20, "sync", "stream.nothing")
			for _, name := range []string{"one", "another"} {
				c.upload(20, []byte("RIFF....WAVE of "+name), coded("o"), "u=<key:aaaaaaaaaaaa>", "d=-a-general", "a=")
			}
		}},
		{"goes on with another key, as any client may", "", func(c *chat) {
			met(c, "stream.nothing")
			c.wait(time.Second)
			c.begin(21, keyed("eeeeeeeeeeee"))
		}},
		{"breaks the law that was to hold", law + " stream.one-end", func(c *chat) {
			met(c, "stream.law")
			c.send(20, "e")
			c.send(20, "e")
		}},
		{"keeps the law that was to hold", "", func(c *chat) {
			met(c, "stream.law")
			c.send(20, "e")
		}},
		{"sends the recording again", "", func(c *chat) {
			c.open(20)
			c.fault(20, "sync", "stream.retry")
			for range 2 {
				c.upload(20, []byte("RIFF....WAVE of somebody"), coded("!"), "u=<key:aaaaaaaaaaaa>", "d=-a-general", "a=")
			}
		}},
		{"does not send the recording again", law, func(c *chat) {
			c.open(20)
			c.fault(20, "sync", "stream.retry")
			c.upload(20, []byte("RIFF....WAVE of somebody"), coded("!"), "u=<key:aaaaaaaaaaaa>", "d=-a-general", "a=")
		}},
		{"meets a scenario that nobody knows", "", func(c *chat) { met(c, "stream.unknown") }},
	}
}

// played finds the scenarios of the tests.
func played(id string) (*scenarios.Scenario, error) {
	for _, s := range []struct{ id, client string }{
		{"stream.again", "  - {expect: issue, within: 5s}\n  - {expect: start, within: 5s}\n"},
		{"stream.leave", "  - {expect: close, within: 5s}\n"},
		{"stream.nothing", "  - {expect: none, within: 5s}\n"},
		{"stream.retry", "  - {expect: retry, within: 5s}\n"},
		{"stream.law", "  - {law: client.stream.one-end}\n"},
	} {
		if s.id == id {
			return scenarios.ParseScenario(id+".yaml", []byte("id: "+id+"\ntitle: A test\nsurface: stream\nlevel: must\nbasis: documented\nsource: a test\nclient:\n"+s.client+"why: To see it.\n"))
		}
	}
	return scenarios.Named(id)
}

// toldLater sends a recording that a proxy does not take for 5 seconds, and sends it again.
func toldLater(c *chat, after time.Duration) {
	fields := parts([]string{"u=<key:aaaaaaaaaaaa>", "d=-a-general", "a="})
	send := func(status int) {
		c.ask(20, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, fields, []byte("RIFF....WAVE of somebody"), status, "")
	}
	c.open(20)
	send(503)
	reply := &c.entries[len(c.entries)-1]
	reply.Headers = append(reply.Headers, [2]string{"Retry-After", "5"})
	c.wait(after)
	send(200)
}
