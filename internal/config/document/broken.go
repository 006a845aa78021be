package document

import (
	"regexp"
	"strings"
)

// suspects returns the parts of a line of broken YAML that may be secret: what
// follows a key that looks like it, all of the line below such a key, and, as
// the key itself may be what is broken, every longer word of a value. What is
// left shows the structure, and that is where the mistake is.
func (d *Document) suspects(line int, text []rune) []span {
	if d.belowSensitive(line) {
		return []span{{from: indent(string(text)), to: len(text)}}
	}
	start := 0
	for _, key := range keysOf(string(text)) {
		if key.first {
			start = key.end
		}
		if sensitive(key.name) {
			return append(words(text[:key.end], start), span{from: key.end, to: len(text)})
		}
	}
	return words(text, start)
}

// belowSensitive tells whether a key that the line is indented under looks as
// if its value were secret.
func (d *Document) belowSensitive(line int) bool {
	text := d.source.line(line)
	depth := indent(text)
	if strings.HasPrefix(strings.TrimLeft(text, " \t"), "-") {
		depth++ // a list may stand at the indentation of its key
	}
	for above := line - 1; above > 0 && depth > 0; above-- {
		t := d.source.line(above)
		if strings.TrimSpace(t) == "" || indent(t) >= depth {
			continue
		}
		depth = indent(t)
		for _, key := range keysOf(t) {
			if sensitive(key.name) {
				return true
			}
		}
	}
	return false
}

// keyAt is what looks like a key.
type keyAt struct {
	name  string
	end   int  // position after the colon
	first bool // nothing but brackets and dashes before it
}

func keysOf(line string) []keyAt {
	var all []keyAt
	for _, m := range regexp.MustCompile(`["']?([\w.-]+)["']?\s*:(?:\s|$)`).FindAllStringSubmatchIndex(line, -1) {
		all = append(all, keyAt{
			name: line[m[2]:m[3]], end: len([]rune(line[:m[1]])), first: strings.Trim(line[:m[0]], " \t-?{[") == "",
		})
	}
	return all
}

// words returns the words from position start on, but for the shortest.
func words(text []rune, start int) []span {
	const shown = 3
	var all []span
	for from := start; from < len(text); from++ {
		to := from
		for to < len(text) && !strings.ContainsRune(" \t,[]{}\"':", text[to]) {
			to++
		}
		if to-from > shown {
			all = append(all, span{from: from, to: to, guess: true})
		}
		from = max(from, to)
	}
	return all
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
