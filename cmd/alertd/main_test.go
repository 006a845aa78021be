package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestFlagsFromEnvironment(t *testing.T) {
	environment := map[string]string{"ALERTD_A_B": "env", "ALERTD_X_GIVEN": "env", "ALERTD_X_EMPTY": "", "ALERTD_VERSION": "1.2"}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for _, name := range []string{"a.b", "x.given", "x.empty", "version"} {
		flags.String(name, "default", "")
	}
	if err := flags.Parse([]string{"--x.given=flag"}); err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) (string, bool) { v, ok := environment[name]; return v, ok }
	if err := flagsFromEnvironment(flags, lookup); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.b": "env", "x.given": "flag", "x.empty": "default", "version": "default"} {
		if got := flags.Lookup(name).Value.String(); got != want {
			t.Errorf("--%s is %q, want %q", name, got, want)
		}
	}
	flags.Int("x.number", 0, "")
	environment["ALERTD_X_NUMBER"] = "many"
	if err := flagsFromEnvironment(flags, lookup); err == nil || !strings.Contains(err.Error(), "ALERTD_X_NUMBER") {
		t.Errorf("error %v does not name the variable", err)
	}
}

func TestHealthcheck(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	run := func() error {
		cmd := command()
		cmd.SetArgs([]string{"healthcheck", "--url", server.URL})
		return cmd.ExecuteContext(t.Context())
	}
	if err := run(); err != nil {
		t.Errorf("healthy: %v", err)
	}
	status = http.StatusUnauthorized // it is there, and asks for a password
	if err := run(); err != nil {
		t.Errorf("with basic auth: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := run(); err == nil {
		t.Error("an unhealthy alertd counts as healthy")
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	cmd := command()
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--config.file", "--web.listen-address", "--web.external-url", "--web.route-prefix", "--web.config.file", "--web.cors.origin", "--web.get-concurrency", "--web.max-connections", "--web.timeout", "--storage.path", "--log.level", "--log.format"} {
		if !strings.Contains(out.String(), flag) {
			t.Errorf("the help does not mention %s", flag)
		}
	}
}

func TestHealthURL(t *testing.T) {
	for _, test := range []struct{ listen, prefix, external, want string }{
		{"", "", "", "http://127.0.0.1:9099/-/healthy"},
		{"0.0.0.0:80", "", "", "http://127.0.0.1:80/-/healthy"},
		{":9199", "/a/", "https://x.example/b", "http://127.0.0.1:9199/a/-/healthy"},
		{"[::1]:9199", "", "https://x.example/b/", "http://[::1]:9199/b/-/healthy"},
		{"nonsense", "", "://", "http://127.0.0.1:9099/-/healthy"},
	} {
		env := map[string]string{
			"ALERTD_WEB_LISTEN_ADDRESS": test.listen, "ALERTD_WEB_ROUTE_PREFIX": test.prefix, "ALERTD_WEB_EXTERNAL_URL": test.external,
		}
		if got := healthURL(func(name string) string { return env[name] }); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestUnknownFlag(t *testing.T) {
	cmd := command()
	cmd.SetArgs([]string{"--bogus"})
	if err := cmd.Execute(); err == nil || err.Error() != `unknown flag: --bogus: see "alertd --help"` {
		t.Errorf("error %v", err)
	}
}
