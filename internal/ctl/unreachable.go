package ctl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// unreachable returns the failure of a request that had no answer, with the
// likeliest way to mend it.
func (c *client) unreachable(doing string, err error) *failure {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL has been said
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return failed(ExitUsage, doing, file).
			withHint("It should hold the credentials for alertd or its authority's certificate.")
	}
	code, why, hint := ExitUnreachable, err, ""
	dns, isDNS := errors.AsType[*net.DNSError](err)
	record, notTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case errors.Is(err, errForeign):
		code, hint = ExitServer, "Give the address that it redirects to with --url or ALERTCTL_URL."
	case errors.Is(err, syscall.ECONNREFUSED):
		why = errors.New("connection refused")
		hint = "Is alertd running? Where it listens elsewhere, say so with --url or ALERTCTL_URL."
	case isDNS && dns.IsNotFound:
		why = fmt.Errorf("no such host: %s", dns.Name)
		hint = "Mend the host's name in --url or ALERTCTL_URL."
	case errors.Is(err, context.DeadlineExceeded):
		why = fmt.Errorf("no answer within %s", c.settings.timeout)
		hint = "Is that the right address (--url, ALERTCTL_URL)? A busy alertd may need more time: --timeout 1m."
	case notTLS && strings.HasPrefix(string(record.RecordHeader[:]), "HTTP"), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		why = errors.New("it speaks HTTP without TLS")
		hint = "Write http:// instead of https:// in --url or ALERTCTL_URL."
	case untrusted(err):
		hint = "Name the authority that signed its certificate with --ca-file or ALERTCTL_CA_FILE, and call it in --url by a name that the certificate has."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		why = errors.New("the connection was cut before the answer was complete")
		hint = "Is it an alertd that listens there, or has it just been stopped?"
	default:
		hint = "Check --url or ALERTCTL_URL, and the network between."
	}
	return failed(code, doing, why).withHint("%s", hint)
}

// untrusted tells whether err says that the server's certificate proves nothing.
func untrusted(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	return verification || authority || host
}

// notOK returns the failure of a request that was answered with an error.
func (c *client) notOK(doing string, err *statusError) *failure {
	f := failed(ExitServer, doing, err)
	switch {
	case err.status == http.StatusUnauthorized && c.settings.withheld != "":
		return f.withHint("The credentials in alertctl's configuration are for %s and were not sent here. Give others with --username and ALERTCTL_PASSWORD, or ALERTCTL_BEARER_TOKEN.", c.settings.withheld)
	case err.status == http.StatusUnauthorized && c.settings.authenticates():
		return f.withHint("The user and password, or the token, that were sent are not the ones that it knows.")
	case err.status == http.StatusUnauthorized:
		return f.withHint("Say who you are with --username and --password-file (or ALERTCTL_PASSWORD), or with ALERTCTL_BEARER_TOKEN.")
	case err.status == http.StatusForbidden:
		return f.withHint("The user or token that was sent may not do this.")
	case strings.Contains(err.reason, "HTTP request to an HTTPS server"):
		return f.withHint("Write https:// instead of http:// in --url or ALERTCTL_URL.")
	case err.status == http.StatusNotFound, err.status == http.StatusMethodNotAllowed:
		return f.withHint("Is it an alertd, or an Alertmanager, that listens there? Its --web.route-prefix belongs to the URL.")
	case err.status == http.StatusBadRequest, err.status == http.StatusUnprocessableEntity, err.status == http.StatusConflict:
		f.code = ExitNo // it understood, and will not
	case err.status/100 == 3:
		return f.withHint("It redirects elsewhere: give its own address with --url or ALERTCTL_URL.")
	case err.status >= 500:
		return f.withHint("Its log tells more.")
	}
	return f
}
