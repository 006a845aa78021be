package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"alertd/notifier"
	printing "alertd/notifier/console"
	"alertd/notifier/discord"
	"alertd/notifier/email"
	"alertd/notifier/slack"
	"alertd/notifier/webhook"
)

// TestEveryKeyIsAlertmanagersOrOurs makes whoever adds a key say whether
// Alertmanager has it too: one that it lacks keeps amtool from reading the rest.
func TestEveryKeyIsAlertmanagersOrOurs(t *testing.T) {
	ours := map[string][]string{
		"global": {}, "route": {},
		"slack": {"update_message"}, "discord": {"timeout"}, "email": {}, "webhook": {"signing_secret", "signing_secret_file"},
		"console": {"color", "send_resolved"},
	}
	types := map[string]reflect.Type{"global": reflect.TypeFor[notifier.Global](), "route": reflect.TypeFor[notifier.RouteSpec]()}
	for _, k := range []notifier.Kind{slack.Kind(), discord.Kind(), email.Kind(), webhook.Kind(), printing.Kind(nil)} {
		types[k.Name] = reflect.TypeOf(k.New()).Elem()
	}
	known := alertmanagersKeys()
	for section, settings := range types {
		for field := range settings.Fields() {
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if key == "" {
				continue
			}
			if theirs, own := slices.Contains(known[section], key), slices.Contains(ours[section], key); theirs == own {
				t.Errorf("%s of %s: say in alertmanagersKeys, or here, whether Alertmanager has it", key, section)
			}
		}
	}
}
