package protocol

import "time"

// Errors of dictionaries and of the small families beside them. They have statuses of their own.
const (
	WordsNoEngine     ErrorID = "words.no-engine"     // HTTP 404
	WordsMethod       ErrorID = "words.method"        // HTTP 405
	WordsUnauthorized ErrorID = "words.unauthorized"  // HTTP 401
	WordsExpired      ErrorID = "words.expired"       // HTTP 401
	WordsNoProfile    ErrorID = "words.no-profile"    // HTTP 404
	WordsBadEngine    ErrorID = "words.bad-engine"    // HTTP 400
	WordsBadProfile   ErrorID = "words.bad-profile"   // HTTP 400
	WordsBadParameter ErrorID = "words.bad-parameter" // HTTP 400
	WordsBadMonth     ErrorID = "words.bad-month"     // HTTP 400
	WordsBadBody      ErrorID = "words.bad-body"      // HTTP 400
	WordsBadWord      ErrorID = "words.bad-word"      // HTTP 400
	WordsTooMany      ErrorID = "words.too-many"      // HTTP 400
	WordsTooLarge     ErrorID = "words.too-large"     // HTTP 413
	WordsFault        ErrorID = "words.server-error"  // HTTP 500

	SentimentNoHeader     ErrorID = "words.sentiment.no-header"    // HTTP 400
	SentimentNoToken      ErrorID = "words.sentiment.no-token"     // HTTP 400
	SentimentBadHeader    ErrorID = "words.sentiment.bad-header"   // HTTP 400
	SentimentUnauthorized ErrorID = "words.sentiment.unauthorized" // HTTP 401
)

func wordsErrors() []Error {
	const classes, sentiment = "reference-classnames", "reference-list-sentiment-analysis-parameters"
	const ours = "no page at hand shows the end of the table of errors; status and text are ours"
	words := func(id ErrorID, status int, code, message string, basis Basis, source string) Error {
		return Error{id, SurfaceWords, status, 0, code, message, basis, source}
	}
	return []Error{
		words(WordsNoEngine, 404, "?", "missing dictation grammar file name", Documented, classes),
		words(WordsMethod, 405, "?", "<method> method is not allowed", Documented, classes),
		words(WordsUnauthorized, 401, "-", "can't verify service authorization", Documented, classes),
		words(WordsExpired, 401, "-", "service authorization has expired: <expiry> (<lateness>)", Documented, classes),
		words(WordsNoProfile, 404, "?", "unknown profile", Assumed, "a client takes 404 for a profile that was never made; the text is ours"),
		words(WordsBadEngine, 400, "?", "illegal dictation grammar file name", Assumed, ours),
		words(WordsBadProfile, 400, "?", "illegal profile id", Assumed, ours),
		words(WordsBadParameter, 400, "?", "illegal parameter: <name>", Assumed, ours),
		words(WordsBadMonth, 400, "?", "illegal month", Assumed, ours),
		words(WordsBadBody, 400, "?", "can't parse request body", Assumed, ours),
		words(WordsBadWord, 400, "?", "illegal word", Assumed, ours),
		words(WordsTooMany, 400, "?", "too many words", Assumed, ours),
		words(WordsTooLarge, 413, "?", "too large request body", Assumed, ours),
		words(WordsFault, 500, "?", "internal server error", Assumed, ours),
		words(SentimentNoHeader, 400, "", "No authorization header", Documented, sentiment),
		words(SentimentNoToken, 400, "", "Invalid authentication credentials", Documented, sentiment),
		words(SentimentBadHeader, 400, "", "Invalid authorization header format", Documented, sentiment),
		words(SentimentUnauthorized, 401, "", "Failed to authorize for the app_key", Documented, sentiment),
	}
}

// ExpiredForWords refuses a key that expired at expiry, before now, in the words that a stream has for it.
// (documented: reference-classnames)
func ExpiredForWords(expiry, now time.Time) *Error {
	e := NewError(WordsExpired)
	e.Message = expiredText(expiry, now)
	return e
}

// IllegalWordsParameter refuses a request about words whose query parameter called name cannot be read.
func IllegalWordsParameter(name string) *Error {
	return NewError(WordsBadParameter).with("<name>", name)
}
