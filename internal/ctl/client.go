package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
)

// answerLimit is the longest answer that is read, in bytes: 100,000 alerts with
// room to spare.
const answerLimit = 256 << 20

// client asks one alertd.
type client struct {
	settings *settings
	http     *http.Client
}

// connect loads the settings and returns the client for them. Nothing is sent
// yet.
func (c *cli) connect() (*client, error) {
	s, err := c.load()
	if err != nil {
		return nil, err
	}
	h, err := promconfig.NewClientFromConfig(s.http, "alertctl", promconfig.WithUserAgent("alertctl/"+c.version().Version))
	if err != nil {
		return nil, failed(ExitUsage, "cannot use the connection's settings", err)
	}
	if s.http.FollowRedirects {
		h.CheckRedirect = sameServer
	}
	return &client{settings: s, http: h}, nil
}

// errForeign says that credentials would have left for elsewhere.
var errForeign = errors.New("it redirects elsewhere")

// sameServer follows redirects of questions within one server: the credentials
// are for that one, and a silence must not turn into a question.
func sameServer(req *http.Request, via []*http.Request) error {
	began := via[0]
	if len(via) >= 10 || req.URL.Host != began.URL.Host || began.Method != http.MethodGet || began.URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("%w, to %s", errForeign, req.URL.Redacted())
	}
	return nil
}

// request is one thing to ask.
type request struct {
	doing  string // for messages, as in "cannot " + doing + " " + URL: "list the alerts of"
	method string // "" is GET
	path   string // below the URL, without a slash in front
	query  url.Values
	body   any // sent as JSON; nil for none
}

// statusError is an answer that is not a success.
type statusError struct {
	status int
	reason string // the server's words
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("it answered %d %s", e.status, http.StatusText(e.status))
	if e.reason == "" || e.reason == http.StatusText(e.status) {
		return text
	}
	return text + ": " + e.reason
}

// status returns the HTTP status that err tells of, or 0.
func status(err error) int {
	if e, ok := errors.AsType[*statusError](err); ok {
		return e.status
	}
	return 0
}

// ask sends r and decodes the JSON of the answer into into, unless that is
// nil. Errors are *failure.
func (c *client) ask(ctx context.Context, r request, into any) error {
	doing := "cannot " + r.doing + " " + c.settings.display()
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return failed(ExitUsage, doing, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(doing, err)
	}
	defer func() { _ = resp.Body.Close() }() // what matters has been read
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	switch {
	case err != nil:
		return c.unreachable(doing, err)
	case len(body) > answerLimit:
		return failed(ExitServer, doing, fmt.Errorf("the answer is longer than %d MB", answerLimit>>20))
	case resp.StatusCode/100 != 2:
		return c.notOK(doing, &statusError{resp.StatusCode, reason(resp.Header.Get("Content-Type"), body)})
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return failed(ExitServer, doing, fmt.Errorf("the answer (%s) cannot be read: %w", resp.Header.Get("Content-Type"), err)).
			withHint("Is it an alertd, or an Alertmanager, that listens there? Say where it is with --url or ALERTCTL_URL.")
	}
	return nil
}

func (c *client) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	u := c.settings.url.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, first(r.method, http.MethodGet), u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// reason returns the words of an error's body: Alertmanager's are a bare JSON
// string or an object with a message, others' plain text. HTML says nothing.
func reason(contentType string, body []byte) string {
	var text string
	var object struct{ Message, Error string }
	media, _, _ := mime.ParseMediaType(contentType) // unreadable is as good as none
	switch {
	case json.Unmarshal(body, &text) == nil:
	case json.Unmarshal(body, &object) == nil:
		text = first(object.Message, object.Error)
	case media == "text/html":
	default:
		text = string(body)
	}
	return clip(oneLine(strings.TrimSpace(text)), 400)
}

// patient returns the client with at least that much patience, unless the user
// said how long to wait.
func (c *client) patient(patience time.Duration) *client {
	if c.settings.timeoutGiven {
		return c
	}
	s := *c.settings
	s.timeout = max(s.timeout, patience)
	return &client{settings: &s, http: c.http}
}
