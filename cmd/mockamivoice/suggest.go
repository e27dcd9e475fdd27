package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// suggest adds "did you mean" to a message about an unknown field, when a field of the file is spelt nearly like it.
func suggest(message string) string {
	found := regexp.MustCompile(`unknown field "([^"]{1,64})"`).FindStringSubmatch(message)
	if found == nil {
		return message
	}
	best, least := "", 3
	for _, name := range fieldNames(reflect.TypeFor[fileConfig]()) {
		if d := distance(found[1], name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return message
	}
	return strings.Replace(message, found[0], found[0]+`, did you mean "`+best+`"?`, 1)
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

// distance is how many letters have to be added, dropped or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
