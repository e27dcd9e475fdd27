package judge

import (
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// ClientLaws are the laws of a client. They hold on the tape of any client, whoever recorded it. What a tape does not show is held
// against nobody: a law that cannot tell says nothing.
func ClientLaws() []Law {
	var all []Law
	for _, some := range [][]Law{
		clientIssueLaws(), clientKeyLaws(), clientSyncLaws(), clientHTTPLaws(), clientStreamLaws(), clientStartLaws(), clientCycleLaws(), clientFrameLaws(),
		clientAudioLaws(), clientAsyncLaws(), clientWordsLaws(), clientRetryLaws(), clientScenarioLaws(),
	} {
		all = append(all, some...)
	}
	for i := range all {
		all[i].Side = Client
	}
	return all
}

// ofExchanges makes a check of one that looks at each HTTP request of a surface.
func ofExchanges(surface protocol.Surface, check func(t *trial, x *exchange)) func(*trial, *dialogue) {
	return func(t *trial, d *dialogue) {
		for _, x := range d.asClient().exchanges {
			if x.is(surface) {
				check(t, x)
			}
		}
	}
}

// ofPosts is ofExchanges for requests that are a POST; whether they are is a law of its own.
func ofPosts(surface protocol.Surface, check func(t *trial, x *exchange)) func(*trial, *dialogue) {
	return ofExchanges(surface, func(t *trial, x *exchange) {
		if x.request.Method == "POST" {
			check(t, x)
		}
	})
}

// ofTalks makes a check of one that looks at each stream.
func ofTalks(check func(t *trial, s *talk)) func(*trial, *dialogue) {
	return func(t *trial, d *dialogue) {
		for _, s := range d.asClient().talks {
			check(t, s)
		}
	}
}

// ofRounds makes a check of one that looks at what follows each s.
func ofRounds(check func(t *trial, r *round)) func(*trial, *dialogue) {
	return ofTalks(func(t *trial, s *talk) {
		for _, r := range s.rounds {
			check(t, r)
		}
	})
}

// ofSteps makes a check of one that looks at each message of the client.
func ofSteps(check func(t *trial, s step)) func(*trial, *dialogue) {
	return ofTalks(func(t *trial, talk *talk) {
		for _, s := range talk.steps {
			check(t, s)
		}
	})
}

// frameSize is the payload of e in bytes, 0 where the tape does not say.
func frameSize(e *scenarios.Entry) int64 {
	if e.Frame == nil {
		return 0
	}
	return e.Frame.Size
}
