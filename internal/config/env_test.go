package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"alertd/internal/config"
	"alertd/notifier"
	"alertd/notifier/console"
	"alertd/notifier/discord"
	"alertd/notifier/email"
	"alertd/notifier/slack"
	"alertd/notifier/webhook"
	"alertd/rules"
)

// kinds are the channels that there really are.
func kinds() []notifier.Kind {
	return []notifier.Kind{slack.Kind(), discord.Kind(), email.Kind(), webhook.Kind(), console.Kind(nil)}
}

func fromEnv(env ...string) (*config.Config, error) {
	return config.FromEnv(config.Options{
		Kinds:   kinds(),
		Environ: append([]string{"PATH=/bin"}, env...),
		ReadFile: func(path string) ([]byte, error) {
			switch path {
			case "smtp.url":
				return []byte("smtps://me%40example.org:hunter2%23hunter2@mail.example.org\n"), nil
			case "empty":
				return []byte("\n"), nil
			}
			return nil, os.ErrNotExist
		},
	})
}

func TestFromEnv(t *testing.T) {
	c, err := fromEnv(
		"ALERTD_PROMETHEUS_URL=http://prometheus:9090",
		"ALERTD_PROMETHEUS_USERNAME=me", "ALERTD_PROMETHEUS_PASSWORD_FILE=prometheus.password",
		"ALERTD_SLACK_WEBHOOK_URL= https://hooks.slack.com/services/T0/B0/XXXX\n",
		"ALERTD_DISCORD_WEBHOOK_URL_FILE=/run/secrets/discord",
		"ALERTD_WEBHOOK_URL=https://example.org/hook",
		"ALERTD_SMTP_URL=smtp://user:p%40ss@mail.example.org?tls=off",
		"ALERTD_EMAIL_FROM=alertd@example.org", "ALERTD_EMAIL_TO=a@example.org, b@example.org,",
		"ALERTD_CRON_PREFIXES=etl_job, training", "ALERTD_CRON_FAILED_FOR=5m", "ALERTD_CRON_SCHEDULE=30 2 * * *", "ALERTD_CRON_TIMEZONE=Europe/Paris", "ALERTD_CRON_GRACE=1h", "ALERTD_CRON_MAX_AGE=2d",
		"ALERTD_CRON_FAILURES=2", "ALERTD_CRON_EARLY=5m", "ALERTD_CRON_MAX_RUNTIME=3h", "ALERTD_CRON_MIN_RUNTIME=1m", "ALERTD_CRON_NO_OVERLAP=true", "ALERTD_CRON_REBOOT_GRACE=20m",
		"ALERTD_CPU_FIRE=95", "ALERTD_MEMORY_FIRE=85.5", "ALERTD_DISK_FIRE=80", "ALERTD_DISK_MOUNTPOINTS=/,/data",
		"ALERTD_CONTAINERS_EXPECT=app,db", "ALERTD_RULE_FILES=rules/*.yml",
		"ALERTD_EVALUATION_INTERVAL=30s", "ALERTD_GRAFANA_URL=http://localhost:3000", "ALERTD_TIMEZONE=Europe/Paris",
		"ALERTD_SCRAPE_INTERVAL=", "ALERTD_LOG_LEVEL=debug", "ALERTD_SERVICE_HOST=10.0.0.1", "ALERTD_PORT_9099_TCP=x",
	)
	if err != nil {
		t.Fatal(err)
	}
	if c.Prometheus.URL != "http://prometheus:9090" || c.Prometheus.HTTP.BasicAuth.Username != "me" || c.Prometheus.HTTP.BasicAuth.PasswordFile != "prometheus.password" {
		t.Errorf("prometheus %+v", c.Prometheus)
	}
	var names []string
	for _, r := range c.Receivers {
		for _, i := range r.Integrations {
			names = append(names, r.ID(i))
		}
	}
	if diff := cmp.Diff([]string{"default/slack/0", "default/discord/0", "default/webhook/0", "default/email/0"}, names); diff != "" {
		t.Fatalf("integrations (-want +got):\n%s", diff)
	}
	mail, chat := c.Receivers[0].Integrations[3].Settings.(*email.Settings), c.Receivers[0].Integrations[0].Settings.(*slack.Settings)
	if chat.APIURL != "https://hooks.slack.com/services/T0/B0/XXXX" {
		t.Errorf("slack %q", string(chat.APIURL))
	}
	if mail.To != "a@example.org, b@example.org" || mail.From != "alertd@example.org" || mail.Smarthost != "mail.example.org:587" ||
		mail.AuthUsername != "user" || mail.AuthPassword != "p@ss" || *mail.RequireTLS {
		t.Errorf("email %+v", mail)
	}
	day, hour, afterBoot := model.Duration(48*time.Hour), model.Duration(time.Hour), model.Duration(20*time.Minute)
	job := func(name string) rules.CronJob {
		return rules.CronJob{
			Name: name, Prefix: name, FailedFor: model.Duration(5 * time.Minute), Failures: 2, MaxAge: &day,
			Schedule: "30 2 * * *", Timezone: "Europe/Paris", Grace: &hour, Early: model.Duration(5 * time.Minute),
			MaxRuntime: model.Duration(3 * time.Hour), MinRuntime: model.Duration(time.Minute), NoOverlap: true, RebootGrace: &afterBoot,
		}
	}
	if diff := cmp.Diff([]rules.CronJob{job("etl_job"), job("training")}, c.Cron); diff != "" {
		t.Errorf("cron (-want +got):\n%s", diff)
	}
	if c.Resources.CPU.Fire != 95 || c.Resources.Memory.Fire != 85.5 || c.Resources.Disk.Fire != 80 || len(c.Resources.Disk.Mountpoints) != 2 {
		t.Errorf("resources %+v", c.Resources)
	}
	if len(c.Containers.Expect) != 2 || c.RuleFiles[0].Path != "rules/*.yml" || c.Rules().Interval != 30*time.Second || c.Grafana.URL == "" || c.Timezone.String() != "Europe/Paris" {
		t.Errorf("%+v", c)
	}
	for _, leak := range []string{"XXXX", "p@ss", "p%40ss", "example.org/hook"} {
		if strings.Contains(string(c.Masked()), leak) {
			t.Errorf("%s is in:\n%s", leak, c.Masked())
		}
	}
}

func TestFromEmptyEnv(t *testing.T) {
	c, err := fromEnv("ALERTD_PROMETHEUS_URL=", "HOME=/root")
	if err != nil {
		t.Fatal(err)
	}
	if c.Prometheus.URL != "" || len(c.Receivers) != 1 || c.Receivers[0].Name != "console" || c.Route.Receiver != "console" {
		t.Errorf("%+v", c)
	}
}

func TestSMTPURL(t *testing.T) {
	for _, c := range []struct{ env, smarthost, user, password, from, tls string }{
		{"ALERTD_SMTP_URL_FILE=smtp.url", "mail.example.org:465", "me@example.org", "hunter2#hunter2", "me@example.org", "by the port"},
		{"ALERTD_SMTP_URL=smtps://mail.example.org:2465", "mail.example.org:2465", "", "", "a@b.c", "implicit"},
		{"ALERTD_SMTP_URL=smtp://[::1]:25?tls=off", "[::1]:25", "", "", "a@b.c", "not required"},
		{"ALERTD_SMTP_URL=smtp://mail", "mail:587", "", "", "a@b.c", "by the port"},
	} {
		env := []string{c.env, "ALERTD_EMAIL_TO=you@example.org"}
		if c.from == "a@b.c" {
			env = append(env, "ALERTD_EMAIL_FROM=a@b.c")
		}
		got, err := fromEnv(env...)
		if err != nil {
			t.Errorf("%s: %v", c.env, err)
			continue
		}
		m := got.Receivers[0].Integrations[0].Settings.(*email.Settings)
		tls := "by the port"
		switch {
		case m.ForceImplicitTLS != nil:
			tls = "implicit"
		case m.RequireTLS != nil:
			tls = "not required"
		}
		if m.Smarthost != c.smarthost || m.AuthUsername != c.user || string(m.AuthPassword) != c.password || m.From != c.from || tls != c.tls {
			t.Errorf("%s: smarthost %s, user %s, password %s, from %s, TLS %s", c.env, m.Smarthost, m.AuthUsername, string(m.AuthPassword), m.From, tls)
		}
	}
}

func TestDiscoverFromEnv(t *testing.T) {
	c, err := fromEnv("ALERTD_CRON_PREFIXES=etl", "ALERTD_CRON_DISCOVER=true", "ALERTD_CRON_SOURCE=cron-manager", "ALERTD_CRON_FAILED_FOR=5m")
	if err != nil {
		t.Fatal(err)
	}
	want := []rules.CronJob{
		{Name: "etl", Prefix: "etl", FailedFor: model.Duration(5 * time.Minute)},
		{CronSource: rules.CronSource{Discover: "true", Source: "cron-manager"}, FailedFor: model.Duration(5 * time.Minute)},
	}
	if diff := cmp.Diff(want, c.Cron); diff != "" {
		t.Errorf("cron (-want +got):\n%s", diff)
	}
}

func TestMistakesInEnv(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want []string
	}{
		{[]string{"ALERTD_SLACK_WEBHOOK=https://hunter2hunter2"}, []string{
			"ALERTD_SLACK_WEBHOOK: alertd knows no such variable: did you mean ALERTD_SLACK_WEBHOOK_URL?",
			"    ALERTD_SLACK_WEBHOOK=<secret>",
			"                         ^",
		}},
		{[]string{"ALERTD_QWERTY_ZXCV=1"}, []string{
			"ALERTD_QWERTY_ZXCV: alertd knows no such variable: unset it; docs/configuration.md names those that there are",
			"    ALERTD_QWERTY_ZXCV=<secret>",
			"                       ^",
		}},
		{[]string{"ALERTD_CRON_PREFIXES=ok,not ok", "ALERTD_CRON_FAILED_FOR=5 minutes", "ALERTD_CPU_FIRE=90%"}, []string{
			"ALERTD_CPU_FIRE: not a number: write 90",
			"    ALERTD_CPU_FIRE=90%",
			"                    ^",
			"ALERTD_CRON_FAILED_FOR: not a duration: write 5m",
			"    ALERTD_CRON_FAILED_FOR=5 minutes",
			"                           ^",
			`ALERTD_CRON_PREFIXES: "not ok" is not a metric name: use letters, digits and underscores, such as my_job`,
			"    ALERTD_CRON_PREFIXES=ok,not ok",
			"                         ^",
		}},
		{[]string{"ALERTD_CRON_MAX_AGE=1h"}, []string{
			"ALERTD_CRON_MAX_AGE: there are no cron jobs that it could hold for: set ALERTD_CRON_PREFIXES=job_one,job_two, or ALERTD_CRON_DISCOVER=true",
			"    ALERTD_CRON_MAX_AGE=1h",
			"                        ^",
		}},
		{[]string{"ALERTD_CRON_SOURCE=supercronic"}, []string{
			"ALERTD_CRON_SOURCE: there is nothing to discover there: set ALERTD_CRON_DISCOVER=true",
			"    ALERTD_CRON_SOURCE=supercronic",
			"                       ^",
		}},
		{[]string{"ALERTD_CRON_DISCOVER=up{", "ALERTD_CRON_SOURCE=healthchecks", "ALERTD_CRON_MAX_AGE=1h"}, []string{
			`ALERTD_CRON_DISCOVER: not a selector: 1:4: parse error: unexpected end of input inside braces: write true, or a selector as in PromQL, such as 'hc_check_up'`,
			"    ALERTD_CRON_DISCOVER=up{",
			"                         ^",
			"ALERTD_CRON_MAX_AGE: max_age has no effect, as the source healthchecks does not tell when a job succeeded: remove it, and set the schedule there: what is late fails there",
			"    ALERTD_CRON_MAX_AGE=1h",
			"                        ^",
		}},
		{[]string{"ALERTD_SLACK_WEBHOOK_URL=https://hooks.example.org/hunter2", "ALERTD_SLACK_WEBHOOK_URL_FILE=/x"}, []string{
			"ALERTD_SLACK_WEBHOOK_URL_FILE: both ALERTD_SLACK_WEBHOOK_URL and ALERTD_SLACK_WEBHOOK_URL_FILE are set: unset one",
			"    ALERTD_SLACK_WEBHOOK_URL_FILE=/x",
			"                                  ^",
		}},
		{[]string{"ALERTD_EMAIL_TO=a@example.org"}, []string{
			"ALERTD_EMAIL_TO: there is no mail server to send by: set ALERTD_SMTP_URL=smtp://user:password@host:587",
			"    ALERTD_EMAIL_TO=a@example.org",
			"                    ^",
		}},
		{[]string{"ALERTD_SMTP_URL=smtp://me:hunter2@host#hunter2", "ALERTD_EMAIL_TO=a@example.org"}, nil},
		{[]string{"ALERTD_SMTP_URL=http://me:hunter2hunter2@host"}, []string{
			"ALERTD_SMTP_URL: there is nobody to send mail to: set ALERTD_EMAIL_TO=name@example.org",
			"    ALERTD_SMTP_URL=<secret>",
			"                    ^",
			"ALERTD_SMTP_URL: the URL of a mail server begins with smtp:// or smtps://: write it as smtp://user:password@host:587, or smtps://...:465; special characters in the password as %XX",
			"    ALERTD_SMTP_URL=<secret>",
			"                    ^",
		}},
		{[]string{"ALERTD_SMTP_URL_FILE=none", "ALERTD_EMAIL_TO=a@example.org", "ALERTD_EMAIL_FROM=a@example.org"}, []string{
			"ALERTD_SMTP_URL_FILE: file does not exist: name a file that alertd may read",
			"    ALERTD_SMTP_URL_FILE=none",
			"                         ^",
		}},
		{[]string{"ALERTD_PROMETHEUS_URL=http://me:hunter2 hunter2@host:9090", "ALERTD_PROMETHEUS_BEARER_TOKEN=hunter3hunter3", "ALERTD_PROMETHEUS_USERNAME=u"}, []string{
			"ALERTD_PROMETHEUS_URL: not a URL: write it as http://host:port",
			"    ALERTD_PROMETHEUS_URL=<secret>",
			"                          ^",
			"ALERTD_PROMETHEUS_USERNAME: at most one of basic_auth, oauth2 and authorization must be configured: remove all but one",
			"    ALERTD_PROMETHEUS_USERNAME=u",
			"                               ^",
		}},
		{[]string{"ALERTD_WEBHOOK_URL=hunter2hunter2"}, nil},
		{[]string{"ALERTD_TEXTFILE_DIRECTORY=/var/lib/x", "ALERTD_SCRAPE_INTERVAL=10ms"}, []string{
			"ALERTD_SCRAPE_INTERVAL: 10ms is too short: give at least 1s",
			"    ALERTD_SCRAPE_INTERVAL=10ms",
			"                           ^",
		}},
		{[]string{"ALERTD_TIMEZONE=Mars/Olympus"}, []string{
			"ALERTD_TIMEZONE: unknown time zone Mars/Olympus: use an IANA name such as Europe/Paris",
			"    ALERTD_TIMEZONE=Mars/Olympus",
			"                    ^",
		}},
	} {
		_, err := fromEnv(c.env...)
		if _, ok := errors.AsType[*config.Mistakes](err); !ok {
			t.Errorf("%v: error %v, want mistakes", c.env, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter") {
			t.Errorf("%v: a secret is told:\n%v", c.env, err)
		}
		if diff := cmp.Diff(strings.Join(c.want, "\n"), err.Error()); diff != "" && c.want != nil {
			t.Errorf("%v (-want +got):\n%s", c.env, diff)
		}
	}
}

// TestChannelThatIsMissing: a variable of a channel that this alertd does not
// have is a mistake, not a crash.
func TestChannelThatIsMissing(t *testing.T) {
	_, err := config.FromEnv(config.Options{Kinds: fakeKinds(), Environ: []string{"ALERTD_DISCORD_WEBHOOK_URL=https://hunter2hunter2"}})
	if err == nil || !strings.Contains(err.Error(), "ALERTD_DISCORD_WEBHOOK_URL: alertd has no receiver type") || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error %v", err)
	}
}
