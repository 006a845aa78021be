package config_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"alertd/internal/alert"
)

// amtool returns the path of the real amtool.
func amtool(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../test/tools/bin/amtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("amtool is not built: run `make tools` first (%v)", err)
	}
	return path
}

// randomRoutes writes the routes below a route, indented, with every kind of
// matcher, `continue` and receivers that are inherited.
func randomRoutes(r *rand.Rand, b *strings.Builder, indent string, depth int) {
	matchers := []string{
		"matchers: ['%s=%s']", "matchers: ['%s!=%s']", "matchers: ['{%s=~\"%s|9\"}']", "matchers: ['%s!~\"%s.*\"']",
		"match: {%s: '%s'}", "match_re: {%s: '%s|8'}", "matchers: ['\"%s\"=\"%s\"']", "matchers: ['%s=%s', 'été!=x']",
	}
	for range 1 + r.IntN(3) {
		fmt.Fprintf(b, "%s- "+matchers[r.IntN(len(matchers))]+"\n", indent, []string{"a", "b", "c"}[r.IntN(3)], fmt.Sprint(r.IntN(3)))
		if r.IntN(3) > 0 {
			fmt.Fprintf(b, "%s  receiver: r%d\n", indent, r.IntN(4))
		}
		if r.IntN(3) == 0 {
			fmt.Fprintf(b, "%s  continue: true\n", indent)
		}
		if depth > 0 && r.IntN(2) == 0 {
			fmt.Fprintf(b, "%s  routes:\n", indent)
			randomRoutes(r, b, indent+"  ", depth-1)
		}
	}
}

// TestRoutesAgainstAmtool holds which receivers get an alert to what
// Alertmanager's own routing says of the same file.
func TestRoutesAgainstAmtool(t *testing.T) {
	path := amtool(t)
	several := 0
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 5))
		var b strings.Builder
		b.WriteString("receivers: [{name: r0}, {name: r1}, {name: r2}, {name: r3}]\nroute:\n  receiver: r0\n  routes:\n")
		randomRoutes(r, &b, "  ", 2)
		file := filepath.Join(t.TempDir(), "alertmanager.yml")
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		tree, err := mustLoad(t, b.String()).RouteTree()
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			var pairs, args []string
			for _, name := range []string{"a", "b", "c", "été"} {
				if value := fmt.Sprint(r.IntN(4)); value != "3" {
					pairs = append(pairs, name, value)
					args = append(args, name+"="+value)
				}
			}
			out, err := exec.CommandContext(t.Context(), path, append([]string{"config", "routes", "test", "--config.file=" + file}, args...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("amtool: %v\n%s", err, out)
			}
			var got []string
			for _, route := range tree.Match(alert.LabelsFromStrings(pairs...)) {
				got = append(got, route.Options.Receiver)
			}
			want := strings.TrimSpace(string(out))
			if i := strings.LastIndexByte(want, '\n'); i >= 0 {
				want = want[i+1:] // amtool warns of older syntax first
			}
			if strings.Join(got, ",") != want {
				t.Errorf("%v go to %s, by amtool to %s, in\n%s", args, strings.Join(got, ","), want, b.String())
			}
			if len(got) > 1 {
				several++
			}
		}
	}
	if several < 5 {
		t.Errorf("only %d alerts went to several receivers", several)
	}
}
