package httpsend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
)

const (
	token  = "s3cr3t-t0k3n-in-the-path"
	target = "https://hooks.example.org/services/T000/" + token
)

func mocked(t *testing.T, responder httpmock.Responder) *Client {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(responder)
	return Over(transport, "1.2.3")
}

func send(t *testing.T, c *Client, r Request) (*Answer, error) {
	t.Helper()
	if !r.URL.Set() {
		r.URL = secret.From(target, "")
	}
	return c.Send(t.Context(), r)
}

func TestStatusesMeanWhatTheyDo(t *testing.T) {
	date := time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
	for _, tt := range []struct {
		status     int
		retryAfter string
		want       notifier.FailureKind // "": success
		wait       time.Duration
	}{
		{200, "", "", 0},
		{201, "", "", 0},
		{202, "", "", 0},
		{204, "", "", 0},
		{299, "", "", 0},
		{301, "", notifier.Misconfigured, 0},
		{302, "", notifier.Misconfigured, 0},
		{307, "", notifier.Misconfigured, 0},
		{308, "", notifier.Misconfigured, 0},
		{400, "", notifier.Permanent, 0},
		{401, "", notifier.Misconfigured, 0},
		{403, "", notifier.Misconfigured, 0},
		{404, "", notifier.Misconfigured, 0},
		{405, "", notifier.Permanent, 0},
		{408, "", notifier.Temporary, 0},
		{410, "", notifier.Misconfigured, 0},
		{413, "", notifier.Permanent, 0},
		{422, "", notifier.Permanent, 0},
		{425, "", notifier.Temporary, 0},
		{429, "", notifier.Temporary, 0},
		{429, "7", notifier.Temporary, 7 * time.Second},
		{429, "0.5", notifier.Temporary, 500 * time.Millisecond},
		{429, date, notifier.Temporary, 30 * time.Second},
		{429, "604800", notifier.Temporary, 15 * time.Minute},
		{429, "soon", notifier.Temporary, 0},
		{500, "", notifier.Temporary, 0},
		{501, "", notifier.Permanent, 0},
		{502, "", notifier.Temporary, 0},
		{503, "120", notifier.Temporary, 2 * time.Minute},
		{504, "", notifier.Temporary, 0},
		{529, "", notifier.Temporary, 0},
	} {
		t.Run(fmt.Sprint(tt.status, tt.retryAfter), func(t *testing.T) {
			c := mocked(t, func(*http.Request) (*http.Response, error) {
				resp := httpmock.NewStringResponse(tt.status, "<html>\n  said\x1b[31m \x00so</html>")
				resp.Header.Set("Retry-After", tt.retryAfter)
				return resp, nil
			})
			answer, err := send(t, c, Request{})
			if answer == nil || answer.Status != tt.status {
				t.Fatalf("answer %+v", answer)
			}
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			f, ok := errors.AsType[*notifier.Failure](err)
			if !ok || f.Kind != tt.want || f.Status != tt.status {
				t.Fatalf("%v, want %s", err, tt.want)
			}
			if d := f.RetryAfter - tt.wait; d > 0 || d < -2*time.Second {
				t.Errorf("wait %v, want %v", f.RetryAfter, tt.wait)
			}
			if !strings.Contains(err.Error(), "<html> said[31m so</html>") {
				t.Errorf("%q", err)
			}
		})
	}
}

func TestRequestsAreAsAsked(t *testing.T) {
	c := mocked(t, func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		got := fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("User-Agent"), " ", r.Header.Get("X-A"), " ", string(body))
		if want := "PATCH https://h/x?a=1&wait=true text/plain alertd/1.2.3 b hello"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		return httpmock.NewStringResponse(200, ""), nil
	})
	if _, err := send(t, c, Request{
		Method: http.MethodPatch, URL: secret.From(" https://h/x?a=1\n", ""), Query: url.Values{"wait": {"true"}},
		ContentType: "text/plain", Body: []byte("hello"), Header: http.Header{"x-a": {"b"}},
	}); err != nil {
		t.Error(err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	c := mocked(t, httpmock.NewStringResponder(400, strings.Repeat("x", 1<<20)))
	answer, err := send(t, c, Request{})
	if len(answer.Body) != maxAnswer {
		t.Errorf("%d bytes of the answer", len(answer.Body))
	}
	if n := len(err.Error()); n > 500 {
		t.Errorf("an error of %d bytes", n)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL+"/"+token, http.StatusTemporaryRedirect))
	defer server.Close()
	follow := config.DefaultHTTPClientConfig // which follows them
	c, err := New(&follow, "test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.http.CloseIdleConnections()
	_, err = c.Send(t.Context(), Request{URL: secret.From(secret.Value(server.URL), "")})
	if f := notifier.Classify(err); f.Kind != notifier.Misconfigured || strings.Contains(err.Error(), token) {
		t.Error(err)
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	const password, bearer, basic, header = "p4ssw0rd-in-url", "b34r3r-t0k3n", "b4s1c-p4ss", "h34d3r-s3cr3t"
	file := filepath.Join(t.TempDir(), "bearer")
	if err := os.WriteFile(file, []byte(bearer+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	query := "query-s3cr3t/&+%" // needs escaping
	address := "https://user:" + password + "@hooks.example.org/services/T000/" + token + "?key=" + url.QueryEscape(query) + "#frag-s3cr3t"
	secrets := []string{token, password, bearer, basic, header, query, url.QueryEscape(query), "frag-s3cr3t"}

	echo := func(status int) httpmock.Responder {
		return func(r *http.Request) (*http.Response, error) {
			said := fmt.Sprintf("no %s %s %s %s %s %s", r.URL, r.URL.RequestURI(), strings.ReplaceAll(r.URL.String(), "/", `\/`),
				r.URL.Query().Get("key"), strings.Join([]string{password, bearer, basic, header}, " "), token)
			// The excerpt must not end within a secret that is not recognised for it.
			return httpmock.NewStringResponse(status, strings.Repeat("-", 280)+said), nil
		}
	}
	fail := func(err error) httpmock.Responder {
		return func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("proxy said no to %s (%s): %w", r.URL, r.URL.RequestURI(), err)
		}
	}
	for name, tt := range map[string]struct {
		responder httpmock.Responder
		url       string
	}{
		"echoed in 400":     {echo(400), address},
		"echoed in 500":     {echo(500), address},
		"network":           {fail(errors.New("connection refused")), address},
		"deadline":          {fail(context.DeadlineExceeded), address},
		"bad escape":        {nil, "https://hooks.example.org/%zz/" + token},
		"control character": {nil, "https://hooks.example.org/\x7f" + token},
		"bad port":          {nil, "https://hooks.example.org:port/" + token},
		"bad scheme":        {nil, "gopher://hooks.example.org/" + token},
		"no host":           {nil, "https:///" + token},
	} {
		t.Run(name, func(t *testing.T) {
			c := mocked(t, tt.responder)
			cfg := &config.HTTPClientConfig{
				BasicAuth:       &config.BasicAuth{Username: "u", Password: basic},
				BearerTokenFile: file,
				HTTPHeaders:     &config.Headers{Headers: map[string]config.Header{"X": {Secrets: []config.Secret{header}}}},
			}
			c.secrets = func() []string { return secretsOf(cfg) }
			answer, err := send(t, c, Request{URL: secret.From(secret.Value(tt.url), "")})
			if err == nil {
				t.Fatal("no error")
			}
			texts := fmt.Sprintf("%v %+v %#v %q", err, err, errors.Unwrap(err), errors.Unwrap(err).Error())
			if answer != nil {
				texts += answer.Excerpt()
			}
			for _, s := range secrets {
				if strings.Contains(err.Error(), s) || answer != nil && strings.Contains(answer.Excerpt(), s) {
					t.Errorf("%q is in %s", s, texts)
				}
			}
		})
	}
}

func TestASecretFileThatCannotBeReadIsAMistakeInTheSettings(t *testing.T) {
	_, err := send(t, mocked(t, nil), Request{URL: secret.From("", "/nowhere/url")})
	if f := notifier.Classify(err); f.Kind != notifier.Misconfigured || !strings.Contains(err.Error(), "/nowhere/url") {
		t.Error(err)
	}
}

func TestNetworkErrorsAreTemporary(t *testing.T) {
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.DeadlineExceeded, &net.DNSError{Err: "no such host", Name: "x"}} {
		_, got := send(t, mocked(t, httpmock.NewErrorResponder(err)), Request{})
		if f := notifier.Classify(got); f.Kind != notifier.Temporary || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestTheContextEndsAnAttempt(t *testing.T) {
	block := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-block:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(block)
	c, err := New(nil, "test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = c.Send(ctx, Request{URL: secret.From(secret.Value(server.URL), "")})
	if f := notifier.Classify(err); f.Kind != notifier.Temporary || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct {
		value, file string
		want        string
	}{
		{"https://hooks.slack.com/services/x", "", ""},
		{"http://127.0.0.1:8080/x", "", ""},
		{"http://localhost/x", "", ""},
		{"http://mattermost.example.org:8065/hooks/x", "", ""},
		{"http://notslack.com/x", "", ""},
		{"http://[::1]/x", "", ""},
		{"", "/run/secrets/url", ""},
		{"", "", "missing"},
		{"https://x/y", "/run/secrets/url", "both"},
		{"http://hooks.slack.com/services/" + token, "", "plain http"},
		{"hooks.slack.com/services/" + token, "", "not a complete URL"},
		{"ftp://x/" + token, "", "scheme ftp"},
		{"https:///" + token, "", "not a complete URL"},
		{"https://:80/" + token, "", "not a complete URL"},
		{"https://x/%zz" + token, "", "not a valid URL"},
		{" https://x/" + token, "", "not a valid URL"},
		{"https://x/{{ .CommonLabels.x }}/" + token, "", "template"},
	} {
		wrong := CheckURL("api_url", secret.Value(tt.value), tt.file, "slack.com", "https://example.org")
		got := ""
		if len(wrong) > 0 {
			got = wrong[0].Error()
		}
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) || strings.Contains(got, token) {
			t.Errorf("%+v: %q", tt, got)
		}
	}
	if wrong := CheckURL("url", "http://example.org/x", "", "", ""); wrong != nil {
		t.Error(wrong)
	}
}

func TestCheckHTTP(t *testing.T) {
	if wrong := CheckHTTP(nil); wrong != nil {
		t.Error(wrong)
	}
	if wrong := CheckHTTP(&config.HTTPClientConfig{BearerToken: "a", BearerTokenFile: "b"}); len(wrong) != 1 {
		t.Error(wrong)
	}
	if wrong := CheckHTTP(&config.HTTPClientConfig{TLSConfig: config.TLSConfig{CertFile: "a"}}); len(wrong) != 1 {
		t.Error(wrong)
	}
}
