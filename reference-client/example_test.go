package refclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
)

// exampleService is any service that speaks the protocol; here it is the fake.
func exampleService() (url string, stop func()) {
	srv := fake.New()
	ts := httptest.NewServer(srv)
	return ts.URL, func() { srv.Close(); ts.Close() }
}

// A recording is sent in one request, and its result comes in one piece.
func ExampleClient_Recognize() {
	url, stop := exampleService()
	defer stop()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithCredentials("demo", "demo-password"))
	defer client.CloseIdleConnections()

	audio, err := os.Open("../testdata/speech-ja.wav")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer audio.Close()
	result, err := client.Recognize(context.Background(), audio, refclient.Request{Engine: "-a-general"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(result.Results), "result, any text:", result.Text != "")
	// Output: 1 result, any text: true
}

// One goroutine feeds the stream, another takes what was heard.
func ExampleClient_Stream() {
	url, stop := exampleService()
	defer stop()
	ctx := context.Background()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithKey("demo-key"))
	stream, err := client.Stream(ctx, refclient.StreamRequest{Engine: "-a-general", Format: "LSB16K"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	go func() {
		audio, err := os.Open("../testdata/speech-ja.raw")
		if err != nil {
			return
		}
		defer audio.Close()
		_, _ = io.Copy(stream, audio)
		_ = stream.End(ctx)
	}()
	for m, err := range stream.Events() {
		if err != nil {
			fmt.Println(err)
			return
		}
		if final, ok := m.Event.(protocol.Final); ok {
			fmt.Println("any text:", final.Result.Text != "")
		}
	}
	// Output: any text: true
}

// What the service said is told from other trouble, and says what to do.
func ExampleRetryable() {
	url, stop := exampleService()
	defer stop()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithKey("wrong"))
	_, err := client.Stream(context.Background(), refclient.StreamRequest{Engine: "-a-general", Format: "LSB16K"})

	said, ok := errors.AsType[*protocol.Error](err)
	fmt.Println("said by the service:", ok && said.ID == protocol.StartUnauthorized)
	fmt.Println(err)
	fmt.Println("expired:", refclient.Expired(err), "worth another try:", refclient.Retryable(err))
	// Output:
	// said by the service: true
	// stream: s can't validate service authorization
	// expired: false worth another try: false
}

// Everything under one URL, as the fake has it and the public service too.
func ExampleAt() {
	fmt.Println(refclient.At("https://acp-api.amivoice.com").Stream)
	fmt.Println(refclient.At("http://127.0.0.1:8080/").Sync)
	// Output:
	// wss://acp-api.amivoice.com/v1/
	// http://127.0.0.1:8080/v1/recognize
}

// A key for a browser lives for a minute and serves one address.
func ExampleClient_IssueKey() {
	url, stop := exampleService()
	defer stop()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithCredentials("demo", "demo-password"))
	defer client.CloseIdleConnections()
	key, err := client.IssueKey(context.Background(), refclient.IssueRequest{EPI: "60000", IPA: "203.0.113.7"})
	fmt.Println(key != "", err)
	_, err = client.IssueKey(context.Background(), refclient.IssueRequest{EPI: "a minute"})
	fmt.Println(err)
	// Output:
	// true <nil>
	// issue a key: the issuer answered 200 with nothing; check that epi and ipa are well-formed, and that an issuing key has the right to issue
}
