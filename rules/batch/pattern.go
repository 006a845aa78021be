package batch

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern returns a regular expression of the values and nothing else.
// Prometheus has a short way for alternatives without special characters; any
// others it compiles at some expense for each character, so that what all the
// values begin and end with is written once.
func pattern(values []string) string {
	plain := strings.Join(values, "|")
	if regexp.QuoteMeta(strings.Join(values, "")) == strings.Join(values, "") {
		return plain
	}
	head, tail := commonEnds(values)
	middles := make([]string, len(values))
	for i, v := range values {
		middles[i] = regexp.QuoteMeta(v[len(head) : len(v)-len(tail)])
	}
	return regexp.QuoteMeta(head) + "(?:" + strings.Join(middles, "|") + ")" + regexp.QuoteMeta(tail)
}

// commonEnds returns what all the values begin with and what the rest of them
// end with, in whole characters.
func commonEnds(values []string) (head, tail string) {
	head = values[0]
	for _, v := range values {
		n := 0
		for n < min(len(head), len(v)) && head[n] == v[n] {
			n++
		}
		head = head[:n]
	}
	for head != "" && !utf8.ValidString(head) {
		head = head[:len(head)-1]
	}
	tail = values[0][len(head):]
	for _, v := range values {
		rest := v[len(head):]
		n := 0
		for n < min(len(tail), len(rest)) && tail[len(tail)-1-n] == rest[len(rest)-1-n] {
			n++
		}
		tail = tail[len(tail)-n:]
	}
	for tail != "" && !utf8.ValidString(tail) {
		tail = tail[1:]
	}
	return head, tail
}
