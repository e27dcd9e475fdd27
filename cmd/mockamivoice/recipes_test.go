package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const recipes = "../../recipes"

// files are the recipes by name. Those of YAML have been parsed.
func files(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(recipes, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if ext := filepath.Ext(path); err == nil && (ext == ".yml" || ext == ".yaml") {
			var parsed map[string]any
			err = yaml.UnmarshalWithOptions(data, &parsed, yaml.Strict())
		}
		found[strings.TrimPrefix(path, recipes+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// help is what a command says about itself, "" for one that does not exist.
func help(t *testing.T, command string) string {
	t.Helper()
	got := call(t, "", command, "--help")
	if got.status != 0 {
		return ""
	}
	return got.out
}

// A flag or variable that is renamed would leave a recipe that nobody runs here behind.
func TestRecipesNameWhatThereIs(t *testing.T) {
	commands := regexp.MustCompile("(?m)\\bmockamivoice (serve|verdict|healthcheck|conformance|scenarios)\\b([^\n|`]*)")
	flags := regexp.MustCompile(`\s(--[a-z-]+)`)
	own := regexp.MustCompile(`\bMOCKAMIVOICE_[A-Z_]+`)
	given := regexp.MustCompile(`\bAMIVOICE_[A-Z_]+`)
	lines := 0
	for name, text := range files(t) {
		for _, c := range commands.FindAllStringSubmatch(text, -1) {
			lines++
			about := help(t, c[1])
			if about == "" {
				t.Errorf("%s: there is no command %s", name, c[1])
			}
			ours, _, _ := strings.Cut(c[2], " -- ")
			for _, f := range flags.FindAllStringSubmatch(ours, -1) {
				if !regexp.MustCompile(regexp.QuoteMeta(f[1]) + `\b`).MatchString(about) {
					t.Errorf("%s: %s has no flag %s", name, c[1], f[1])
				}
			}
		}
		for _, v := range own.FindAllString(text, -1) {
			if v != "MOCKAMIVOICE_BINARY" && !strings.Contains(help(t, "serve")+help(t, "verdict"), v) {
				t.Errorf("%s: no command reads %s", name, v)
			}
		}
		for _, v := range given.FindAllString(text, -1) {
			if !strings.Contains(help(t, "verdict"), v) {
				t.Errorf("%s: verdict --run gives no %s", name, v)
			}
		}
	}
	if lines < 4 {
		t.Errorf("only %d commands were found in the recipes", lines)
	}
}

// What the README of the recipes lists is there, and what is there is listed.
func TestRecipesAreListed(t *testing.T) {
	all := files(t)
	list := all["README.md"]
	for name := range all {
		dir, _, nested := strings.Cut(name, "/")
		if name != "README.md" && !strings.Contains(list, "("+name+")") && (!nested || !strings.Contains(list, "("+dir+"/")) {
			t.Errorf("%s is not in the list", name)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#.][^)#]*)\)`).FindAllStringSubmatch(list, -1) {
		if _, is := all[link[1]]; !is {
			t.Errorf("the list names %s, which is not there", link[1])
		}
	}
}
