// Package secret holds values that must never be seen: they print, log and
// marshal as <secret>, and are read only where they are used.
package secret

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Masked is what stands in a secret's place wherever it is printed.
const Masked = "<secret>"

// Value is a secret as a configuration field.
type Value string

// String returns Masked, or "" for an empty secret.
func (v Value) String() string {
	if v == "" {
		return ""
	}
	return Masked
}

// GoString keeps %#v from printing the secret.
func (v Value) GoString() string { return v.String() }

// LogValue keeps slog from printing the secret.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText keeps JSON and other encoders from writing the secret.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the secret itself.
func (v *Value) UnmarshalText(text []byte) error {
	*v = Value(text)
	return nil
}

// MarshalYAML keeps YAML encoders from writing the secret.
func (v Value) MarshalYAML() (any, error) { return v.String(), nil }

// Source is a secret given in place or in a file. The file is read at every
// use, so that a rotated secret needs no reload.
type Source struct {
	value Value
	file  string
}

// From returns the source of a value or, where value is empty, of a file.
func From(value Value, file string) Source { return Source{value, file} }

// Set tells whether there is a value or a file.
func (s Source) Set() bool { return s.value != "" || s.file != "" }

// Reveal returns the secret, without the newline that ends most files.
func (s Source) Reveal() (string, error) {
	if s.file == "" {
		return string(s.value), nil
	}
	data, err := os.ReadFile(s.file)
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("the secret file %s is empty", s.file)
	}
	return text, nil
}

// Scrub returns err with every given secret replaced by Masked in its text.
// Only errors.Is keeps working on the result, as other members of the chain
// may hold the secret.
func Scrub(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	return &scrubbed{text: ScrubText(err.Error(), secrets...), cause: err}
}

// ScrubText returns text with every given secret replaced by Masked.
func ScrubText(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, Masked)
		}
	}
	return text
}

type scrubbed struct {
	text  string
	cause error
}

func (e *scrubbed) Error() string        { return e.text }
func (e *scrubbed) Is(target error) bool { return errors.Is(e.cause, target) }
