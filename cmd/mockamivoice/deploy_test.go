package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// container is what a file of deploy/ says of one that runs mockamivoice.
type container struct {
	name string
	args []string
	env  map[string]string
}

// composed are the containers of a Compose file.
func composed(t *testing.T, data []byte) []container {
	t.Helper()
	var file struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Environment map[string]string
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var all []container
	for name, s := range file.Services {
		if s.Image == "mockamivoice" {
			all = append(all, container{name, s.Command, s.Environment})
		}
	}
	return all
}

// deployed are the containers of a Kubernetes manifest, and the probes that are commands.
func deployed(t *testing.T, data []byte) []container {
	t.Helper()
	var all []container
	for document := range bytes.SplitSeq(data, []byte("\n---\n")) {
		var object struct {
			Kind string
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Image string
							Args  []string
							Env   []struct {
								Name, Value string
								ValueFrom   map[string]any `yaml:"valueFrom"`
							}
							ReadinessProbe struct{ Exec struct{ Command []string } } `yaml:"readinessProbe"`
						}
					}
				}
			}
		}
		if err := yaml.Unmarshal(document, &object); err != nil {
			t.Fatal(err)
		}
		for _, c := range object.Spec.Template.Spec.Containers {
			if !strings.HasPrefix(c.Image, "mockamivoice:") {
				continue
			}
			env := make(map[string]string)
			for _, e := range c.Env {
				env[e.Name] = e.Value
			}
			all = append(all, container{object.Kind, c.Args, env})
			if probe := c.ReadinessProbe.Exec.Command; len(probe) > 0 && probe[0] == "/mockamivoice" {
				all = append(all, container{"probe", probe[1:], env})
			}
		}
	}
	return all
}

// unknown are the variables that no flag reads, and what the command line says against the arguments.
func (c container) unknown(t *testing.T) []string {
	t.Helper()
	parser, err := kong.New(new(commands), kong.DefaultEnvars("MOCKAMIVOICE"), kong.Bind(&world{}), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	var known, wrong []string
	for _, flags := range parser.Model.Children {
		for _, f := range flags.Flags {
			known = append(known, f.Envs...)
		}
	}
	for name := range c.env {
		if strings.HasPrefix(name, "MOCKAMIVOICE_") && !slices.Contains(known, name) {
			wrong = append(wrong, name)
		}
	}
	if _, err := parser.Parse(c.args); err != nil {
		wrong = append(wrong, err.Error())
	}
	slices.Sort(wrong)
	return wrong
}

// TestFilesOfDeployFitTheBinary: flags and variables are known, and what results is a configuration that serve takes.
func TestFilesOfDeployFitTheBinary(t *testing.T) {
	for file, read := range map[string]func(*testing.T, []byte) []container{
		"compose-replicas.yaml": composed, "kubernetes.yaml": deployed,
	} {
		data, err := os.ReadFile("../../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		containers := read(t, data)
		if len(containers) != 2 {
			t.Errorf("%s: %d containers of mockamivoice, want 2", file, len(containers))
		}
		for _, c := range containers {
			t.Run(file+" "+c.name, func(t *testing.T) {
				if wrong := c.unknown(t); len(wrong) > 0 {
					t.Errorf("%q", wrong)
				}
				if c.args[0] != "serve" {
					return
				}
				for _, name := range []string{"MOCKAMIVOICE_STORE", "MOCKAMIVOICE_SECRET", "MOCKAMIVOICE_ADMIN_TOKEN"} {
					if _, there := c.env[name]; !there {
						t.Errorf("%s is not set", name)
					}
				}
				for name, value := range c.env {
					if value == "" || strings.Contains(value, "$") { // of a Secret, or of the caller
						value = "redis://:0123456789abcdef@redis:6379/0"
					}
					t.Setenv(name, value)
				}
				var out, errs bytes.Buffer
				if status := run(t.Context(), append(c.args, "--print-config"), nil, &out, &errs); status != statusGood {
					t.Errorf("status %d: %s", status, errs.String())
				}
			})
		}
	}
}

func TestWrongNamesInFilesOfDeployAreNoticed(t *testing.T) {
	c := container{args: []string{"serve", "--stroe", "x"}, env: map[string]string{"MOCKAMIVOICE_STOER": "x", "MOCKAMIVOICE_STORE": "y", "OTHER": "z"}}
	if got, want := fmt.Sprint(c.unknown(t)), `[MOCKAMIVOICE_STOER unknown flag --stroe, did you mean "--store"?]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	compose := []byte("services:\n  one: {image: mockamivoice, command: [serve], environment: {MOCKAMIVOICE_LISTN: x}}\n  two: {image: redis}\n")
	if got := composed(t, compose); len(got) != 1 || fmt.Sprint(got[0].unknown(t)) != "[MOCKAMIVOICE_LISTN]" {
		t.Errorf("%v", got)
	}
}
