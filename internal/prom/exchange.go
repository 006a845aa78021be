package prom

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 64 << 20

// exchange carries one query for the API client, and keeps what that does not
// look at.
type exchange struct {
	client *Client
	limit  int64 // of the answer, in bytes
	status int
	answer *answer // the last one, where it is that of a Prometheus
}

// URL returns the address of an endpoint under the configured URL.
func (x *exchange) URL(endpoint string, _ map[string]string) *url.URL {
	u := *x.client.base
	u.Path = path.Join("/", u.Path, endpoint)
	u.RawPath = ""
	return &u
}

// Do sends the request and returns the answer's body.
func (x *exchange) Do(ctx context.Context, req *http.Request) (*http.Response, []byte, error) {
	resp, err := x.client.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	x.status = resp.StatusCode
	body, err := readAtMost(resp.Body, resp.ContentLength, x.limit)
	if err != nil {
		return resp, nil, err
	}
	body, err = x.inspect(resp, body)
	return resp, body, err
}

func readAtMost(r io.Reader, announced, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if announced > 0 && announced <= limit {
		buf.Grow(int(announced) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, fmt.Errorf("reading its answer: %w", err)
	}
	if int64(buf.Len()) > limit {
		return nil, rejected("the answer is larger than %d MiB: let the expression select less", limit>>20)
	}
	return buf.Bytes(), nil
}

// inspect finds out what the API client would pass over: redirects, web pages,
// answers that do not claim success, VictoriaMetrics's mark of a partial one. It
// returns what the API client has to read.
func (x *exchange) inspect(resp *http.Response, body []byte) ([]byte, error) {
	switch resp.StatusCode / 100 {
	case 3:
		return nil, unreachable("it redirects to %s: give the final URL", redirectTarget(resp))
	case 2:
	default:
		return body, nil
	}
	// A sample takes several times its size in the answer.
	if n := bytes.Count(body, []byte(`"metric":`)); n > x.client.series {
		return nil, rejected("the answer has %d series, more than prometheus.max_series allows (%d): let the expression select less, or raise it", n, x.client.series)
	}
	text := bytes.TrimLeft(body, " \t\r\n")
	if bytes.HasPrefix(text, []byte("<")) {
		return nil, unreachable("it answered with a web page: is the URL, with its path, that of a Prometheus?")
	}
	a, err := readAnswer(body, x.client.series)
	if err != nil {
		return nil, err
	}
	if a.status != "success" && a.status != "error" {
		return nil, unreachable("its answer has no status, so it is not that of a Prometheus")
	}
	x.answer = a
	return a.rest, nil
}

// redirectTarget is where the answer points to, without what may be secret.
func redirectTarget(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "nowhere"
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	return strings.ToValidUTF8(to.String(), "?")
}
