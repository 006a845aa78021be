package web

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// maxExpression bounds the size of a regular expression that a client sends, in
// characters once its repetitions are written out. Go's own bound is a gigabyte
// of memory and seconds of work for a text of 20 kB.
const maxExpression = 100_000

// checkExpression refuses an expression that is too large. One that is not valid
// passes: compiling it tells better what is wrong.
func checkExpression(text string) error {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil || written(parsed) <= maxExpression {
		return nil //nolint:nilerr // see above
	}
	return fmt.Errorf("the regular expression %.40q... is too large", text)
}

// checkMatcherText does the same for the text of a matcher, which cannot be
// parsed without compiling its expression: what follows any =~ or !~ may be one.
func checkMatcherText(text string) error {
	for i := range text {
		if rest := text[i:]; strings.HasPrefix(rest, "=~") || strings.HasPrefix(rest, "!~") {
			value := strings.TrimPrefix(strings.TrimLeft(rest[2:], " \t\r\n"), `"`)
			if err := checkExpression(strings.ReplaceAll(value, `\\`, `\`)); err != nil {
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
