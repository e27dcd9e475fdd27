package fake

import (
	"net/http"
	"strings"

	"mockamivoice/protocol"
)

// serveSentiment is GET /v1/sentiment-analysis/ja/result-parameters.json.
// (documented: reference-list-sentiment-analysis-parameters)
func (s *Server) serveSentiment(w http.ResponseWriter, r *http.Request) {
	s.wordsRequest(r).serve(w, (*wordsRequest).sentiment)
}

func (q *wordsRequest) sentiment() reply {
	if q.x.r.Method != http.MethodGet {
		return q.failed(protocol.MethodNotAllowed(protocol.SurfaceWords, q.x.r.Method).On(protocol.Assumed))
	}
	if e := q.sentimentRefusal(); e != nil {
		return q.failed(e)
	}
	return wordsReply(http.StatusOK, protocol.AppendSentimentDefinitions(nil, protocol.SentimentDefinitions()), 0)
}

// sentimentRefusal tells what is wrong with the header, then with the key. (documented: the table is complete; inferred: which
// header is which case)
func (q *wordsRequest) sentimentRefusal() *protocol.Error {
	words := strings.Fields(q.x.r.Header.Get("Authorization"))
	switch {
	case len(words) == 0:
		return protocol.NewError(protocol.SentimentNoHeader)
	case !strings.EqualFold(words[0], "Bearer"), len(words) > 2:
		return protocol.NewError(protocol.SentimentBadHeader)
	case len(words) == 1:
		return protocol.NewError(protocol.SentimentNoToken)
	case q.refusal() != nil:
		return protocol.NewError(protocol.SentimentUnauthorized)
	}
	return nil
}
