package main

import (
	"reflect"
	"regexp"
	"strings"

	"mockamivoice/scenarios/strict"
)

// suggest adds "did you mean" to a message about an unknown field, when a field of the file is spelt nearly like it.
func suggest(message string) string {
	found := regexp.MustCompile(`unknown field "([^"]{1,64})"`).FindStringSubmatch(message)
	if found == nil {
		return message
	}
	return strings.Replace(message, found[0], found[0]+strict.DidYouMean(found[1], fieldNames(reflect.TypeFor[fileConfig]())), 1)
}

// fieldNames are the names of all fields of a file, at any depth.
func fieldNames(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		names = append(append(names, name), fieldNames(f.Type)...)
	}
	return names
}
