// Package invalid says what is wrong with a user's input, in the words that a
// user needs: where, what, and how to mend it.
package invalid

import "fmt"

// Field is a mistake in one field of a configuration section.
type Field struct {
	Path    string // yaml path within the section, such as "http_config.proxy_url"
	Problem string // what is wrong
	Mend    string // how to put it right
}

func (f Field) Error() string { return fmt.Sprintf("%s: %s: %s", f.Path, f.Problem, f.Mend) }
