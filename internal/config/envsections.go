package config

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"alertd/internal/config/document"
)

// receivers names the one receiver of the environment, and gives it what makes
// up an e-mail integration.
func (w *envWriter) receivers() {
	for _, name := range []string{"SLACK_WEBHOOK_URL", "DISCORD_WEBHOOK_URL", "WEBHOOK_URL", "SMTP_URL", "EMAIL_FROM", "EMAIL_TO"} {
		for _, full := range []string{prefix + name, prefix + name + "_FILE"} {
			if v, ok := w.given[full]; ok {
				v.Set("receivers[0].name", "default")
			}
		}
	}
	to, hasTo := w.given["ALERTD_EMAIL_TO"]
	from, hasFrom := w.given["ALERTD_EMAIL_FROM"]
	smtp, raw, hasSMTP := w.smtpURL()
	switch {
	case hasTo && !hasSMTP:
		to.Fail("there is no mail server to send by", "set ALERTD_SMTP_URL=smtp://user:password@host:587")
	case hasFrom && !hasSMTP:
		from.Fail("there is no mail server to send by", "set ALERTD_SMTP_URL and ALERTD_EMAIL_TO")
	case hasSMTP && !hasTo:
		smtp.Fail("there is nobody to send mail to", "set ALERTD_EMAIL_TO=name@example.org")
	}
	const section = "receivers[0].email_configs[0]."
	if !hasSMTP || raw == "" {
		return
	}
	server, ok := parseSMTP(smtp, raw)
	if !ok || !hasTo || !w.smtp(smtp, server, section) {
		return
	}
	to.Set(section+"to", strings.Join(trimmed(w.values.EmailTo), ", "))
	if hasFrom {
		from.Set(section+"from", w.values.EmailFrom)
	}
}

// smtpURL returns the variable of the mail server, and its URL, or "" where
// that cannot be read.
func (w *envWriter) smtpURL() (v document.Variable, raw string, ok bool) {
	if v, ok := w.given["ALERTD_SMTP_URL"]; ok {
		return v, string(w.values.SMTPURL), true
	}
	v, ok = w.given["ALERTD_SMTP_URL_FILE"]
	if !ok {
		return v, "", false
	}
	text, err := w.readFile(w.values.SMTPURLFile)
	raw = strings.TrimSpace(string(text))
	switch {
	case err != nil:
		v.Fail(err.Error(), "name a file that alertd may read")
	case raw == "":
		v.Fail("the file is empty", "write smtp://user:password@host:587 into it")
	}
	v.Hide(raw)
	return v, raw, true
}

// parseSMTP reads a mail server's URL, and tells whether it could. No mistake
// quotes it.
func parseSMTP(v document.Variable, raw string) (*url.URL, bool) {
	const example = "write it as smtp://user:password@host:587, or smtps://...:465; special characters in the password as %XX"
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		v.Fail("not a URL", example)
		return nil, false
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		v.Fail("the URL of a mail server begins with smtp:// or smtps://", example)
		return nil, false
	case u.Hostname() == "":
		v.Fail("the URL names no host", example)
		return nil, false
	case u.Fragment != "" || u.Path != "" && u.Path != "/":
		v.Fail("the URL does not end after the host and port", example)
		return nil, false
	}
	return u, true
}

// smtp takes a mail server's URL apart, and tells whether it says enough.
func (w *envWriter) smtp(v document.Variable, u *url.URL, section string) bool {
	user := u.User.Username()
	isAddress := strings.Contains(user, "@")
	if !isAddress && !w.has("ALERTD_EMAIL_FROM") {
		v.Fail("the sender of the mail is not known", "set ALERTD_EMAIL_FROM=alertd@example.org")
		return false
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "smtps":
		port = "465"
	default:
		port = "587"
	}
	v.Set(section+"smarthost", net.JoinHostPort(u.Hostname(), port))
	if u.Scheme == "smtps" && port != "465" {
		v.Set(section+"force_implicit_tls", "true")
	}
	if user != "" {
		v.Set(section+"auth_username", user)
		if isAddress && !w.has("ALERTD_EMAIL_FROM") {
			v.Set(section+"from", user)
		}
	}
	if password, ok := u.User.Password(); ok {
		v.Hide(password)
		v.Set(section+"auth_password", password)
	}
	w.smtpTLS(v, u, section)
	return true
}

func (w *envWriter) smtpTLS(v document.Variable, u *url.URL, section string) {
	for option, values := range u.Query() {
		switch value := strings.Join(values, ","); {
		case option != "tls":
			v.Fail("the URL has an option that alertd does not know", "the one that there is: ?tls=off")
		case value == "off" && u.Scheme == "smtps":
			v.Fail("smtps:// is TLS from the start, and tls=off turns it off", "use smtp://, or remove ?tls=off")
		case value == "off":
			v.Set(section+"require_tls", "false")
		default:
			v.Fail("the only value of the option tls is off", "write ?tls=off, or remove it")
		}
	}
}

// cron makes a job of every prefix, and an entry of what is to be discovered;
// what else is said of jobs holds for each.
func (w *envWriter) cron() {
	prefixes := w.given["ALERTD_CRON_PREFIXES"]
	names := trimmed(w.values.CronPrefixes)
	for i, p := range names {
		prefixes.Set(fmt.Sprintf("cron[%d].name", i), p)
		prefixes.Set(fmt.Sprintf("cron[%d].prefix", i), p)
	}
	entries := len(names)
	if discover, ok := w.given["ALERTD_CRON_DISCOVER"]; ok {
		discover.Set(fmt.Sprintf("cron[%d].discover", entries), w.values.CronDiscover)
		if source, ok := w.given["ALERTD_CRON_SOURCE"]; ok {
			source.Set(fmt.Sprintf("cron[%d].source", entries), w.values.CronSource)
		}
		entries++
	} else if source, ok := w.given["ALERTD_CRON_SOURCE"]; ok {
		source.Fail("there is nothing to discover there", "set ALERTD_CRON_DISCOVER=true")
	}
	for _, option := range []struct{ name, key, value string }{
		{"ALERTD_CRON_MAX_AGE", "max_age", w.values.CronMaxAge},
		{"ALERTD_CRON_FAILED_FOR", "failed_for", w.values.CronFailedFor},
		{"ALERTD_CRON_FAILURES", "failures", w.values.CronFailures},
		{"ALERTD_CRON_SCHEDULE", "schedule", w.values.CronSchedule},
		{"ALERTD_CRON_TIMEZONE", "timezone", w.values.CronTimezone},
		{"ALERTD_CRON_GRACE", "grace", w.values.CronGrace},
		{"ALERTD_CRON_EARLY", "early", w.values.CronEarly},
		{"ALERTD_CRON_MAX_RUNTIME", "max_runtime", w.values.CronMaxRuntime},
		{"ALERTD_CRON_MIN_RUNTIME", "min_runtime", w.values.CronMinRuntime},
		{"ALERTD_CRON_NO_OVERLAP", "no_overlap", w.values.CronNoOverlap},
		{"ALERTD_CRON_REBOOT_GRACE", "reboot_grace", w.values.CronRebootGrace},
	} {
		v, given := w.given[option.name]
		if given && entries == 0 {
			v.Fail("there are no cron jobs that it could hold for", "set ALERTD_CRON_PREFIXES=job_one,job_two, or ALERTD_CRON_DISCOVER=true")
			continue
		}
		for i := range entries {
			if given {
				v.Set(fmt.Sprintf("cron[%d].%s", i, option.key), option.value)
			}
		}
	}
}

// trimmed returns the entries of a list that are not blank, without the space
// around them.
func trimmed(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
