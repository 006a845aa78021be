package apiv2

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// ErrBusy is what a body's reader returns where taking more would take too much
// memory, with all the other requests under way.
var ErrBusy = errors.New("too many requests are being read")

// ReadAlerts reads the body of POST /alerts and hands over its alerts one by
// one, at most limit of them. Where it returns an *Error nothing of the body
// counts, not even what was handed over. Memory is bounded by the largest alert.
func ReadAlerts(body io.Reader, limit int, take func(*PostableAlert)) error {
	const what = "alerts"
	dec := json.NewDecoder(body)
	open, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return required(what)
	case err != nil:
		return parseError(what, err)
	case open == nil: // null
		return ended(what, dec)
	case open != json.Delim('['):
		return parseError(what, errors.New("it is not a list"))
	}
	var broken error // the first break of the schema; that the rest is no JSON counts more
	for i := 0; dec.More(); i++ {
		if i == limit {
			return Errorf(http.StatusRequestEntityTooLarge, "more than %d alerts in one request: send them in several", limit)
		}
		var a *PostableAlert
		if err := dec.Decode(&a); err != nil {
			return parseError(what, err)
		}
		if broken == nil {
			if broken = a.check(i); broken == nil {
				take(a)
			}
		}
	}
	if _, err := dec.Token(); err != nil {
		return parseError(what, err)
	}
	if err := ended(what, dec); err != nil {
		return err
	}
	return broken
}

// ReadSilence reads the body of POST /silences, or returns an *Error.
func ReadSilence(body io.Reader) (*PostableSilence, error) {
	s := &PostableSilence{}
	if err := ReadObject(body, "silence", s); err != nil {
		return nil, err
	}
	return s, s.Check()
}

// ReadObject reads a body that is one JSON object, which errors call what, or
// returns an *Error.
func ReadObject(body io.Reader, what string, into any) error {
	dec := json.NewDecoder(body)
	switch err := dec.Decode(into); {
	case errors.Is(err, io.EOF):
		return required(what)
	case err != nil:
		return parseError(what, err)
	}
	return ended(what, dec)
}

// ended refuses what follows the value. Alertmanager ignores it, and with it
// whatever two requests glued together meant to say.
func ended(what string, dec *json.Decoder) error {
	switch _, err := dec.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return parseError(what, err)
	default:
		return parseError(what, errors.New("something follows the JSON value"))
	}
}

// parseError says that a body could not be read, in Alertmanager's words.
func parseError(what string, err error) *Error {
	code := http.StatusBadRequest
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.Is(err, ErrBusy):
		return Errorf(http.StatusServiceUnavailable, "%s: try again later", err)
	case errors.As(err, &tooLarge):
		return Errorf(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		code = http.StatusRequestTimeout
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	case errors.As(err, &wrongType):
		err = fmt.Errorf("%s: unexpected %s", cmp.Or(wrongType.Field, "at the top"), wrongType.Value)
	}
	return Errorf(code, "parsing %s body from \"\" failed, because %s", what, err)
}
