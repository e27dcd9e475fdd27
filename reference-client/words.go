package refclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mockamivoice/protocol"
)

// Dictionary is where the profiles of an engine are.
type Dictionary struct {
	Engine string              // connection engine, for example -a-general
	ADF    protocol.Dictionary // that of audio at 16 kHz when empty; end-to-end engines have one for all (documented: reference-profilewords)
}

// Words are the words of a profile, which is named without the colon that profileId has. A profile that was never made is a
// *protocol.Error with the ID protocol.WordsNoProfile.
func (c *Client) Words(ctx context.Context, d Dictionary, profile string) ([]protocol.Word, error) {
	address, err := c.profile(d, profile)
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	body, err := c.aboutWords(ctx, http.MethodGet, address, nil)
	if said, ok := errors.AsType[*protocol.Error](err); ok && said.Status == http.StatusNotFound && said.ID != protocol.WordsNoEngine {
		said.ID = protocol.WordsNoProfile // a client works that takes any 404 for it (observed)
	}
	return wordsOf(body, err, "words", protocol.ParseWords)
}

// SetWords puts words in the place of all that the profile had; none at all empties it. (documented: reference-profilewords)
func (c *Client) SetWords(ctx context.Context, d Dictionary, profile string, words []protocol.Word) error {
	address, err := c.profile(d, profile)
	if err != nil {
		return fmt.Errorf("set words: %w", err)
	}
	if _, err = c.aboutWords(ctx, http.MethodPost, address, protocol.AppendWords(nil, words)); err != nil {
		return fmt.Errorf("set words: %w", err)
	}
	return nil // what the body of a good reply is, is not known
}

// Profiles are the names of the profiles that there are.
func (c *Client) Profiles(ctx context.Context, d Dictionary) ([]string, error) {
	address, err := c.dictionary(protocol.PathWords, d, "/")
	if err != nil {
		return nil, fmt.Errorf("list profiles: %w", err)
	}
	body, err := c.aboutWords(ctx, http.MethodGet, address, nil)
	return wordsOf(body, err, "profiles", protocol.ParseProfileIDs)
}

// ClassNames are the classes that a word of a hybrid engine can have.
func (c *Client) ClassNames(ctx context.Context, d Dictionary) ([]string, error) {
	address, err := c.dictionary(protocol.PathClassNames, d, "")
	if err != nil {
		return nil, fmt.Errorf("list classes: %w", err)
	}
	body, err := c.aboutWords(ctx, http.MethodGet, address, nil)
	return wordsOf(body, err, "classes", protocol.ParseClassNames)
}

// wordsOf reads a good reply.
func wordsOf[T any](body []byte, err error, what string, parse func([]byte) ([]T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

func (c *Client) profile(d Dictionary, profile string) (string, error) {
	if name, colon := strings.CutPrefix(profile, ":"); colon {
		return "", fmt.Errorf("profile %q has the colon of profileId; here it is %q", profile, name) // documented: user-dictionary-api
	}
	if profile == "" {
		return "", errors.New("the name of the profile is missing")
	}
	return c.dictionary(protocol.PathWords, d, "/"+url.PathEscape(profile))
}

// dictionary is the address of something about an engine, whose dash belongs into the path. (documented: reference-profilewords)
func (c *Client) dictionary(path string, d Dictionary, rest string) (string, error) {
	if d.Engine == "" {
		return "", errors.New("the connection engine is missing, for example -a-general")
	}
	address := strings.TrimRight(c.endpoints.Words, "/") + path + url.PathEscape(d.Engine) + rest
	if d.ADF != "" {
		address += "?adf=" + url.QueryEscape(string(d.ADF))
	}
	return address, nil
}

// aboutWords makes a request and returns the body of a good reply.
func (c *Client) aboutWords(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	return renewing(ctx, c, func() error { return nil }, func(key issued) ([]byte, error) {
		got, err := c.ask(ctx, method, address, key, body)
		if err != nil {
			return nil, err
		}
		if got.status < http.StatusMultipleChoices {
			return got.body, nil
		}
		err = refused(protocol.SurfaceWords, got.status, got.body, key.key)
		if said, ok := errors.AsType[*protocol.Error](err); ok {
			err = c.aged(key.over(c.now()), said)
		}
		return nil, err
	})
}
