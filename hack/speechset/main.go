// Command speechset writes the test sets of speech detection to a folder, to be listened to: WAV files, and beside each of them a
// label track of where its utterances sound, as Audacity reads it. It needs espeak-ng.
//
//	go run ./hack/speechset /tmp/speechset
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mockamivoice/internal/speechset"
	"mockamivoice/scenarios/sound"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./hack/speechset FOLDER")
		os.Exit(2)
	}
	if err := write(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "speechset:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, folder string) error {
	for _, set := range []speechset.Set{speechset.Development(), speechset.HeldOut()} {
		dir := filepath.Join(folder, strings.ReplaceAll(set.Name, " ", "-"))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for r, err := range set.Recordings(ctx) {
			if err != nil {
				return err
			}
			if err := writeOne(filepath.Join(dir, strings.NewReplacer(" ", "-", ",", "", ":", "", "(", "", ")", "").Replace(r.Name)), r); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeOne(path string, r speechset.Recording) error {
	f, err := sound.ParseFormat(fmt.Sprintf("WAV%dK", r.Rate/1000))
	if err != nil {
		return err
	}
	var labels strings.Builder
	for i, u := range r.Utterances {
		fmt.Fprintf(&labels, "%.3f\t%.3f\t%d\n", float64(u.Start)/1000, float64(u.End)/1000, i+1)
	}
	if err := os.WriteFile(path+".txt", []byte(labels.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".wav", sound.Encode(f, r.Samples), 0o600)
}
