package refclient_test

import (
	"bytes"
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
func exampleService(options ...fake.Option) (url string, stop func()) {
	srv := fake.New(options...)
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

// exampleJobs is the same, with jobs that are done at once.
func exampleJobs() (url string, stop func()) {
	atOnce, err := fake.ParseJobProgress("at-once")
	if err != nil {
		panic(err)
	}
	return exampleService(fake.WithJobProgress(atOnce))
}

// A long recording is left to the service, and its result is waited for.
func ExampleClient_Submit() {
	url, stop := exampleJobs()
	defer stop()
	ctx := context.Background()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithCredentials("demo", "demo-password"))
	defer client.CloseIdleConnections()

	audio, err := os.Open("../testdata/speech-ja.wav")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer audio.Close()
	job, err := client.Submit(ctx, audio, refclient.JobRequest{Engine: "-a-general", Diarization: &refclient.Diarization{Min: 2, Max: 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// job.ID is all that another process needs: it waits with client.Job(id).Wait.
	status, err := job.Wait(ctx, refclient.WaitOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, segment := range status.Segments {
		fmt.Println(segment.Results[0].Tokens[0].Label.Value, "said something:", segment.Text != "")
	}
	// Output:
	// speaker0 said something: true
	// speaker1 said something: true
}

// A job that fails says why, as a synchronous request would.
func ExampleJobError() {
	url, stop := exampleJobs()
	defer stop()
	ctx := context.Background()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithKey("demo-key"))
	defer client.CloseIdleConnections()

	silence := bytes.NewReader(make([]byte, 96_000))
	job, err := client.Submit(ctx, silence, refclient.JobRequest{Engine: "-a-general", Format: "LSB16K"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = job.Wait(ctx, refclient.WaitOptions{})
	if failed, ok := errors.AsType[*refclient.JobError](err); ok {
		fmt.Println(failed.Code, "-", failed.Message)
	}
	fmt.Println("worth another job:", refclient.Retryable(err))
	// Output:
	// o - recognition result is rejected because confidence is below the threshold
	// worth another job: false
}

// The words of a profile are set all at once, and used by a recognition with profileId.
func ExampleClient_SetWords() {
	url, stop := exampleService()
	defer stop()
	ctx := context.Background()
	client := refclient.New(refclient.WithEndpoint(refclient.At(url)), refclient.WithKey("demo-key"))
	defer client.CloseIdleConnections()

	general := refclient.Dictionary{Engine: "-a-general"}
	if err := client.SetWords(ctx, general, "shop", []protocol.Word{{Written: "AMI", Spoken: "あみ"}}); err != nil {
		fmt.Println(err)
		return
	}
	words, err := client.Words(ctx, general, "shop")
	fmt.Println(len(words), words[0].Written, words[0].Spoken, err)
	_, err = client.Words(ctx, general, "shops")
	fmt.Println(errors.Is(err, &protocol.Error{ID: protocol.WordsNoProfile}))
	// Output:
	// 1 AMI あみ <nil>
	// true
}
