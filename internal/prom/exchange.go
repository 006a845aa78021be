package prom

import (
	"bytes"
	"context"
	"encoding/json"
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
	client  *Client
	status  int
	body    []byte // of the last answer
	partial bool   // VictoriaMetrics says isPartial
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
	body, err := readAtMost(resp.Body, resp.ContentLength, x.client.limit)
	if err != nil {
		return resp, nil, err
	}
	x.body = body
	return resp, body, x.inspect(resp, body)
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
// answers that do not claim success, and VictoriaMetrics's mark of a partial
// one.
func (x *exchange) inspect(resp *http.Response, body []byte) error {
	switch resp.StatusCode / 100 {
	case 3:
		return unreachable("it redirects to %s: give the final URL", redirectTarget(resp))
	case 2:
	default:
		return nil
	}
	text := bytes.TrimLeft(body, " \t\r\n")
	if bytes.HasPrefix(text, []byte("<")) {
		return unreachable("it answered with a web page: is the URL, with its path, that of a Prometheus?")
	}
	// As every server writes it: spare large answers a second reading.
	success := bytes.HasPrefix(text, []byte(`{"status":"success",`))
	if success && !bytes.Contains(body, []byte(`"isPartial"`)) {
		return nil
	}
	var envelope struct {
		Status  string `json:"status"`
		Partial bool   `json:"isPartial"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return unreachable("its answer cannot be read: %v", err)
	}
	if envelope.Status != "success" && envelope.Status != "error" {
		return unreachable("its answer has no status, so it is not that of a Prometheus")
	}
	x.partial = envelope.Partial
	return nil
}

// checkZeros returns an error where an element of the answered vector has no
// value or null for one: the API client reads both as 0, which would be a
// false alarm where 0 means failed.
func (x *exchange) checkZeros() error {
	var answer struct {
		Data struct {
			Result []struct {
				Value     [2]json.RawMessage `json:"value"`
				Histogram json.RawMessage    `json:"histogram"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(x.body, &answer); err != nil {
		return unreachable("its answer cannot be read: %v", err)
	}
	for _, element := range answer.Data.Result {
		if element.Histogram == nil && !bytes.HasPrefix(element.Value[1], []byte(`"`)) {
			return errNoValue()
		}
	}
	return nil
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
