package prom

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commoncfg "github.com/prometheus/common/config"

	"alertd/internal/secret"
)

const (
	apiError = `{"status":"error","errorType":"%s","error":"%s"}`
	partial  = `{"status":"success","data":{"resultType":"vector","result":[]},`
	web      = "\n<!DOCTYPE html><title>Sign in</title>"
)

func failure(kind, text string) string {
	return strings.NewReplacer("%s\",\"error\":\"%s", kind+`","error":"`+text).Replace(apiError)
}

func TestQueryTellsWhoseFault(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		kind   error
		own    bool
		says   string
	}{
		"bad data":          {400, failure("bad_data", "parse error"), ErrRejected, true, "bad_data: parse error"},
		"execution":         {422, failure("execution", "many-to-many"), ErrRejected, true, "many-to-many"},
		"VictoriaMetrics":   {422, failure("422", "unknown func"), ErrRejected, true, "unknown func"},
		"error in a 200":    {200, failure("bad_data", "parse error"), ErrRejected, true, "parse error"},
		"string":            {200, success(`{"resultType":"string","result":[1,"x"]}`), ErrRejected, true, "string"},
		"matrix":            {200, success(`{"resultType":"matrix","result":[]}`), ErrRejected, true, "matrix"},
		"timeout there":     {503, failure("timeout", "query timed out"), ErrUnreachable, false, "query timed out"},
		"timeout, 422":      {422, failure("timeout", "query timed out"), ErrUnreachable, false, "query timed out"},
		"starting":          {503, "Service Unavailable", ErrUnreachable, false, "503: Service Unavailable"},
		"internal":          {500, failure("internal", "remote read"), ErrUnreachable, false, "remote read"},
		"gateway":           {502, web, ErrUnreachable, false, "502"},
		"not ours":          {404, "404 page not found", ErrUnreachable, false, "404 page not found"},
		"login":             {401, "no", ErrUnreachable, false, "credentials"},
		"forbidden":         {403, web, ErrUnreachable, false, "credentials"},
		"too many":          {429, failure("too_many", "slow down"), ErrUnreachable, false, "slow down"},
		"400 of a proxy":    {400, web, ErrUnreachable, false, "400"},
		"400, empty object": {400, `{}`, ErrUnreachable, false, "400"},
		"400 with success":  {400, vector(""), ErrUnreachable, false, "inconsistent"},
		"web page":          {200, web, ErrUnreachable, false, "web page"},
		"text":              {200, "ok", ErrUnreachable, false, "cannot be read"},
		"empty":             {200, "", ErrUnreachable, false, "cannot be read"},
		"no content":        {204, "", ErrUnreachable, false, "cannot be read"},
		"empty object":      {200, `{}`, ErrUnreachable, false, "no status"},
		"no data":           {200, `{"status":"success"}`, ErrUnreachable, false, "no result"},
		"null data":         {200, `{"status":"success","data":null}`, ErrUnreachable, false, "no result"},
		"null":              {200, success(`{"resultType":"vector","result":null}`), ErrUnreachable, false, "no result"},
		"null scalar too":   {200, success(`{"resultType":"scalar","result":[null,null]}`), ErrUnreachable, false, ""},
		"object":            {200, success(`{"resultType":"vector","result":{}}`), ErrUnreachable, false, ""},
		"text as elements":  {200, success(`{"resultType":"vector","result":["x"]}`), ErrUnreachable, false, ""},
		"vector as scalar":  {200, success(`{"resultType":"scalar","result":[{"metric":{},"value":[1,"1"]}]}`), ErrUnreachable, false, ""},
		"numbers in labels": {200, vector(`{"metric":{"a":1},"value":[1,"1"]}`), ErrUnreachable, false, ""},
		"labels as list":    {200, vector(`{"metric":["a"],"value":[1,"1"]}`), ErrUnreachable, false, ""},
		"time in words":     {200, vector(`{"metric":{},"value":["now","1"]}`), ErrUnreachable, false, ""},
		"broken histogram":  {200, vector(`{"metric":{},"histogram":[1,{"count":4}]}`), ErrUnreachable, false, ""},
		"null histogram":    {200, vector(`{"metric":{},"histogram":null}`), ErrUnreachable, false, ""},
		"list as envelope":  {200, `[]`, ErrUnreachable, false, ""},
		"two documents":     {200, vector("") + vector(""), ErrUnreachable, false, ""},
		"cut in a value":    {200, strings.TrimSuffix(vector(`{"metric":{},"value":[1,"1"]}`), `"]}]}}`), ErrUnreachable, false, ""},
		"no type":           {200, success(`{"result":[]}`), ErrUnreachable, false, "value type"},
		"cut short":         {200, vector(`{"metric":{},"value":[1,"1"]}`)[:70], ErrUnreachable, false, "JSON"},
		"null result":       {200, success(`{"resultType":"vector","result":null}`), ErrUnreachable, false, "no result"},
		"label twice":       {200, vector(`{"metric":{"a":"b","a":"c"},"value":[1,"1"]}`), ErrUnreachable, false, "two labels"},
		"two values":        {200, vector(`{"metric":{},"value":[1,"1","2"]}`), ErrUnreachable, false, "more than one"},
		"no number":         {200, vector(`{"metric":{},"value":[1,"one"]}`), ErrUnreachable, false, "one"},
		"text after":        {200, vector(``) + "x", ErrUnreachable, false, "cannot be read"},
		"null element":      {200, vector(`null`), ErrUnreachable, false, "without a value"},
		"no value":          {200, vector(`{"metric":{"a":"b"}}`), ErrUnreachable, false, "without a value"},
		"null value":        {200, vector(`{"metric":{"a":"b"},"value":null}`), ErrUnreachable, false, ""},
		"half a value":      {200, vector(`{"metric":{"a":"b"},"value":[1]}`), ErrUnreachable, false, ""},
		"number as value":   {200, vector(`{"metric":{"a":"b"},"value":[1,2]}`), ErrUnreachable, false, ""},
		"words as value":    {200, vector(`{"metric":{"a":"b"},"value":[1,"two"]}`), ErrUnreachable, false, ""},
		"null in a value":   {200, vector(`{"metric":{},"value":[1,"0"]},{"metric":{"a":"b"},"value":[1,null]}`), ErrUnreachable, false, "without a value"},
		"null scalar":       {200, success(`{"resultType":"scalar","result":null}`), ErrUnreachable, false, ""},
		"isPartial":         {200, partial + `"isPartial":true}`, ErrPartial, false, "isPartial"},
		"isPartial first":   {200, `{"isPartial":true,"status":"success","data":{"resultType":"vector","result":[]}}`, ErrPartial, false, "isPartial"},
		"warning":           {200, partial + `"warnings":["receive series from store-1: EOF"]}`, ErrPartial, false, "store-1"},
		"PromQL warning":    {200, partial + `"warnings":["PromQL warning: mix of histograms and floats"]}`, ErrPartial, true, "mix of"},
		"both":              {200, partial + `"warnings":["PromQL warning: x","store-1 is gone"]}`, ErrPartial, false, "store-1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ask(t, says(tc.status, tc.body), nil)
			if got != nil || !errors.Is(err, tc.kind) {
				t.Fatalf("got %v, %v; want %v", got, err, tc.kind)
			}
			var fault interface{ Rejected() bool }
			if !errors.As(err, &fault) || fault.Rejected() != tc.own {
				t.Errorf("the query's own fault: want %v of %v", tc.own, err)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q does not say %q", err, tc.says)
			}
		})
	}
}

func TestQueryNobodyThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := ask(t, nil, func(s *Settings) { s.URL = server.URL })
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}

func TestQueryConnectionCut(t *testing.T) {
	_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"status":"success","data":`)
	}, nil)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "reading its answer") {
		t.Errorf("got %v", err)
	}
}

func TestQueryEndlessAnswer(t *testing.T) {
	gone := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
				gone <- err
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	c, err := New(Settings{URL: server.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.limit != 64<<20 {
		t.Errorf("the limit is %d", c.limit)
	}
	c.limit = 1 << 20
	_, err = c.Query(t.Context(), "up", at)
	if !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("got %v", err)
	}
	if err := <-gone; err == nil {
		t.Error("we did not hang up")
	}
}

func TestQueryRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect took our headers elsewhere: %v", r.Header)
	}))
	t.Cleanup(other.Close)
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	to := func(status int, target string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/new/api/v1/query" {
				if r.FormValue("query") == "" {
					t.Error("the redirect lost the query")
				}
				says(200, vector(""))(w, r)
				return
			}
			w.Header().Set("Location", target)
			w.WriteHeader(status)
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		follow  bool
		says    string // "" where the redirect is followed
	}{
		"same host, kept":      {to(307, "/new/api/v1/query"), true, ""},
		"same host, permanent": {to(308, "/new/api/v1/query"), true, ""},
		"query lost":           {to(302, "/new/api/v1/query"), true, "redirects to"},
		"login elsewhere":      {to(302, elsewhere+"/login?state=hunter22"), true, elsewhere + "/login: give"},
		"kept, elsewhere":      {to(307, elsewhere), true, "redirects to"},
		"unwanted":             {to(307, "/new/api/v1/query"), false, "redirects to"},
		"in circles":           {to(307, "/old"), true, "redirects to"},
		"to nowhere":           {to(307, ""), true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, tc.handler, func(s *Settings) {
				s.Headers = map[string]secret.Value{"X-Key": "hunter22"}
				s.HTTP.FollowRedirects = tc.follow
			})
			if name == "to nowhere" {
				tc.says = "nowhere"
			}
			if tc.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "hunter22") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	echo := func(w http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		_ = r.Header.Write(&b)
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, b.String()+r.URL.String()+strings.Repeat("x", 1<<16))
	}
	basic := base64.StdEncoding.EncodeToString([]byte("me:hunter-url"))
	for name, change := range map[string]func(*Settings){
		"userinfo": func(s *Settings) { s.URL = strings.Replace(s.URL, "//", "//me:hunter-url@", 1) },
		"header":   func(s *Settings) { s.Headers = map[string]secret.Value{"X-Key": "hunter-header"} },
		"bearer":   func(s *Settings) { s.HTTP.BearerToken = "hunter-token" },
		"file":     func(s *Settings) { s.HTTP.BearerTokenFile = file },
		"query":    func(s *Settings) { s.URL += "/?api_key=hunter-key" },
		"nobody": func(s *Settings) {
			s.URL = "http://me:hunter-url@127.0.0.1:1/x?api_key=hunter-key"
			s.HTTP.ProxyURL = commoncfg.URL{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, echo, change)
			text := err.Error()
			if !errors.Is(err, ErrUnreachable) || strings.Contains(text, "hunter") || strings.Contains(text, basic) {
				t.Errorf("got %s", text)
			}
			if len(text) > maxText+200 || strings.ContainsAny(text, "\r\n") {
				t.Errorf("the text is not a short line: %q", text)
			}
		})
	}
}

// A query that Prometheus itself gave up is as late as one that was given up
// here: which of the two is first is chance.
func TestTimeoutThere(t *testing.T) {
	for status, kind := range map[int]string{503: "timeout", 422: "timeout"} {
		if _, err := ask(t, says(status, failure(kind, "query timed out")), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d: %v is no timeout", status, err)
		}
	}
	if _, err := ask(t, says(503, failure("unavailable", "shutting down")), nil); errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is a timeout", err)
	}
}
