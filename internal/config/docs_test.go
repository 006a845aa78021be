package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"alertd/internal/config"
	"alertd/notifier"
	"alertd/rules"
)

const reference = "../../docs/configuration.md"

func readReference(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocumentedFilesLoad loads every block of YAML in the documentation with
// the channels that there really are.
func TestDocumentedFilesLoad(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readReference(t), -1)
	if len(blocks) < 10 {
		t.Fatalf("%d blocks of YAML", len(blocks))
	}
	for _, block := range blocks {
		path := filepath.Join(t.TempDir(), "alertd.yml")
		if err := os.WriteFile(path, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		requireLoads(t, path, "SLACK_URL=https://hooks.slack.com/services/T/B/X", "DISCORD_URL=https://discord.com/api/webhooks/1/x", "SMTP_PASSWORD=x")
	}
}

func requireLoads(t *testing.T, path string, env ...string) {
	t.Helper()
	c, err := config.Load(path, config.Options{Kinds: kinds(), Environ: append([]string{}, env...)})
	if err != nil {
		text, _ := os.ReadFile(path)
		t.Errorf("%v\nin\n%s", err, text)
		return
	}
	if _, err := c.RouteTree(); err != nil {
		t.Error(err)
	}
	if _, err := c.Rules().Compile(); err != nil {
		t.Error(err)
	}
}

func TestExampleLoads(t *testing.T) {
	requireLoads(t, "../../deploy/alertd.example.yml", "ALERTD_SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T/B/X", "SMTP_PASSWORD=x")
}

// TestEveryVariableIsDocumented, and none that there is not.
func TestEveryVariableIsDocumented(t *testing.T) {
	text := readReference(t)
	known := config.Variables()
	for _, name := range known {
		if !strings.Contains(text, "| `"+name+"`") && !strings.Contains(text, ", `"+name+"` |") {
			t.Errorf("%s is not in the table of variables", name)
		}
	}
	flags := []string{"ALERTD_WEB_", "ALERTD_STORAGE_", "ALERTD_DATA_", "ALERTD_SILENCES_", "ALERTD_LOG_", "ALERTD_CONFIG_FILE", "ALERTD_URL", "ALERTD_"}
	for _, name := range regexp.MustCompile(`ALERTD_[A-Z_]*`).FindAllString(text, -1) {
		if !slices.Contains(known, name) && !slices.Contains(flags, name) {
			t.Errorf("there is no variable %s", name)
		}
	}
}

// TestEveryKeyIsDocumented holds for every key of ours; those of http_config
// are Prometheus's.
func TestEveryKeyIsDocumented(t *testing.T) {
	text := readReference(t)
	types := []reflect.Type{
		reflect.TypeFor[config.Config](), reflect.TypeFor[notifier.Global](), reflect.TypeFor[rules.FileSpec](), reflect.TypeFor[notifier.RouteSpec](),
	}
	for _, k := range kinds() {
		types = append(types, reflect.TypeOf(k.New()))
		if !strings.Contains(text, "**"+k.Name+"_configs**") {
			t.Errorf("%s_configs is not documented", k.Name)
		}
	}
	for _, settings := range types {
		requireSecretFiles(t, settings)
		visitKeys(settings, func(owner reflect.Type, key string, _ reflect.Type) {
			ours := strings.HasPrefix(owner.PkgPath(), "alertd/")
			if ours && !strings.Contains(text, "`"+key+"`") {
				t.Errorf("%s of %s is not documented", key, owner)
			}
		})
	}
}
