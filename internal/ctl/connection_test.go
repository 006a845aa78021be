package ctl

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs alertctl and returns its exit code, standard output and standard
// error.
func run(ctx context.Context, env map[string]string, args ...string) (code int, out, errs string) {
	var stdout, stderr strings.Builder
	code = Run(ctx, Options{
		Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	return code, stdout.String(), stderr.String()
}

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []any{}) }))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = nil
	ca := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, data, 0o600); err != nil {
		t.Fatal(err)
	}

	code, _, errs := run(t.Context(), nil, "alerts", "--url", s.URL)
	if code != ExitUnreachable || !strings.Contains(errs, "--ca-file or ALERTCTL_CA_FILE") {
		t.Errorf("unknown authority: exit code %d: %s", code, errs)
	}
	if code, _, errs := run(t.Context(), nil, "alerts", "--url", s.URL, "--ca-file", ca); code != ExitOK {
		t.Errorf("known authority: exit code %d: %s", code, errs)
	}
	if code, _, errs := run(t.Context(), map[string]string{"ALERTCTL_CA_FILE": ca}, "alerts", "--url", s.URL); code != ExitOK {
		t.Errorf("known authority: exit code %d: %s", code, errs)
	}
	code, _, errs = run(t.Context(), nil, "alerts", "--url", s.URL, "--ca-file", "nosuch.pem")
	if code != ExitUsage || !strings.Contains(errs, "nosuch.pem") {
		t.Errorf("no such file: exit code %d: %s", code, errs)
	}
	code, _, errs = run(t.Context(), nil, "alerts", "--url", strings.Replace(s.URL, "https", "http", 1))
	if code != ExitServer || !strings.Contains(errs, "Write https://") {
		t.Errorf("without TLS: exit code %d: %s", code, errs)
	}
}

func TestRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s arrived with %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/away/"):
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/moved/"):
			http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/moved"), http.StatusMovedPermanently)
		case r.Method == http.MethodGet:
			answer(w, http.StatusOK, []any{})
		default:
			t.Errorf("%s %s arrived", r.Method, r.URL)
		}
	}))
	t.Cleanup(s.Close)
	env := map[string]string{"ALERTCTL_BEARER_TOKEN": "s3cret"}

	code, _, errs := run(t.Context(), env, "alerts", "--url", s.URL+"/away")
	if code != ExitServer || !strings.Contains(errs, "it redirects elsewhere, to "+elsewhere.URL) {
		t.Errorf("to another server: exit code %d: %s", code, errs)
	}
	if code, _, errs := run(t.Context(), env, "alerts", "--url", s.URL+"/moved"); code != ExitOK {
		t.Errorf("within the server: exit code %d: %s", code, errs)
	}
	code, _, errs = run(t.Context(), env, "silence", "add", "X", "-c", "x", "--url", s.URL+"/moved")
	if code != ExitServer {
		t.Errorf("a silence: exit code %d: %s", code, errs)
	}
}

func TestPatience(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("filter") == `alertname="interrupt"` {
			interrupt()
		}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	code, _, errs := run(ctx, nil, "alerts", "--url", s.URL, "--timeout", "30ms")
	if code != ExitUnreachable || !strings.Contains(errs, "no answer within 30ms") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	code, _, errs = run(ctx, nil, "alerts", "interrupt", "--url", s.URL)
	if code != ExitInterrupted || errs != "alertctl: interrupted\n" {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = full.Close() })
	var stderr strings.Builder
	code := Run(t.Context(), Options{Args: []string{"version"}, Stdout: full, Stderr: &stderr})
	if code != ExitNo || !strings.Contains(stderr.String(), "cannot write the answer") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}
