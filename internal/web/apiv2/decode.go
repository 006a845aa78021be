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

// ReadAlerts reads the body of POST /alerts: all of it, or an *Error. Memory is
// bounded by the body's size.
func ReadAlerts(body io.Reader) ([]*PostableAlert, error) {
	const what = "alerts"
	dec := json.NewDecoder(body)
	open, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, required(what)
	case err != nil:
		return nil, parseError(what, err)
	case open == nil: // null
		return nil, ended(what, dec)
	case open != json.Delim('['):
		return nil, parseError(what, errors.New("it is not a list"))
	}
	var alerts []*PostableAlert
	for dec.More() {
		var a *PostableAlert
		if err := dec.Decode(&a); err != nil {
			return nil, parseError(what, err)
		}
		alerts = append(alerts, a)
	}
	if _, err := dec.Token(); err != nil {
		return nil, parseError(what, err)
	}
	if err := ended(what, dec); err != nil {
		return nil, err
	}
	return alerts, CheckAlerts(alerts)
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
