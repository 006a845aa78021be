package apiv2

import (
	"fmt"
	"net/http"
)

// The codes with which Alertmanager tells how a request breaks its schema.
const (
	CodeType     = 601 // a value of the wrong type or format
	CodeRequired = 602 // a value is missing
	CodeMinItems = 612 // a list is too short
	firstOwnCode = 600
)

// Error says that a request does not follow the API's schema.
type Error struct {
	Code    int    `json:"code"` // an HTTP status, or one of the codes above
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Status returns the HTTP status that goes with the error.
func (e *Error) Status() int {
	if e.Code >= firstOwnCode {
		return http.StatusUnprocessableEntity
	}
	return e.Code
}

// Errorf returns an error of the schema.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func required(what string) *Error { return Errorf(CodeRequired, "%s in body is required", what) }
