package web

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// maxExpression bounds the size of the regular expressions that a client sends
// with one request, in characters once their repetitions are written out. Go's
// own bound is a gigabyte of memory and seconds of work for a text of 20 kB.
const maxExpression = 100_000

// expressions is how much of maxExpression a request has used up.
type expressions int

// check refuses an expression that is too large, alone or with those before it.
// One that is not valid passes: compiling it tells better what is wrong.
func (e *expressions) check(text string) error {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	if *e = min(*e+expressions(written(parsed)), 1<<40); *e > maxExpression {
		return fmt.Errorf("the regular expression %.40q... is too large, alone or with the others", text)
	}
	return nil
}

// checkMatcher does the same for the text of a matcher, which cannot be
// parsed without compiling its expression: what follows any =~ or !~ may be one.
func (e *expressions) checkMatcher(text string) error {
	for i := range text {
		if rest := text[i:]; strings.HasPrefix(rest, "=~") || strings.HasPrefix(rest, "!~") {
			value := strings.TrimPrefix(strings.TrimLeft(rest[2:], " \t\r\n"), `"`)
			if err := e.check(strings.ReplaceAll(value, `\\`, `\`)); err != nil {
				return err
			}
		}
	}
	return nil
}

// written returns the size of an expression with its repetitions written out.
func written(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += written(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return min(size, 1<<40) // far from overflow, however deep it goes
}
