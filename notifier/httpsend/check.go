package httpsend

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
	"alertd/notifier"
)

// CheckURL tells what is wrong with a secret URL that is configured in place
// under key or in a file under key_file. service is the domain of the service
// that the channel is named after, "" where it is any: that one speaks https
// only, while what imitates it within one's own network may not.
func CheckURL(key string, value secret.Value, file, service, example string) []notifier.FieldError {
	wrong := func(path, problem, mend string) []notifier.FieldError {
		return []notifier.FieldError{{Path: path, Problem: problem, Mend: mend}}
	}
	switch {
	case value == "" && file == "":
		return wrong(key, "the address to send to is missing", "set "+key+", such as "+example+", or "+key+"_file")
	case value != "" && file != "":
		return wrong(key+"_file", "both "+key+" and "+key+"_file are set", "keep one of them")
	case file != "":
		return nil // read when it is used, so that it can come later and change
	}
	raw := string(value)
	u, err := url.Parse(raw) // its error would show the secret
	switch {
	case strings.Contains(raw, "{{"):
		return wrong(key, "a template in the address is not supported", "write the address itself, such as "+example)
	case err != nil || strings.TrimSpace(raw) != raw:
		return wrong(key, "it is not a valid URL", "write it as "+example+", without blanks around it")
	case u.Scheme == "" || u.Host == "" || u.Hostname() == "":
		return wrong(key, "it is not a complete URL", "begin with https:// and a host, such as "+example)
	case u.Scheme != "https" && u.Scheme != "http":
		return wrong(key, "the scheme "+u.Scheme+" is not supported", "begin with https://")
	case service != "" && u.Scheme == "http" && Within(service, u.Hostname()):
		return wrong(key, "plain http would show the secret address to everyone on the way", "begin with https://")
	}
	return nil
}

// Within tells whether host is domain, or in it.
func Within(domain, host string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// CheckHTTP tells what is wrong with an http_config section.
func CheckHTTP(cfg *config.HTTPClientConfig) []notifier.FieldError {
	if cfg == nil {
		return nil
	}
	err := cfg.Validate()
	if err == nil {
		err = cfg.TLSConfig.Validate()
	}
	if err == nil {
		return nil
	}
	return []notifier.FieldError{{Path: "http_config", Problem: err.Error(), Mend: "see http_config in Prometheus's documentation"}}
}

// DefaultTimeout is how long an attempt may take where nothing else is said.
const DefaultTimeout = 10 * time.Second

const maxTimeout = 5 * time.Minute

// CheckTimeout tells what is wrong with the timeout of an attempt; 0 means
// DefaultTimeout.
func CheckTimeout(d model.Duration) []notifier.FieldError {
	if d >= 0 && time.Duration(d) <= maxTimeout {
		return nil
	}
	return []notifier.FieldError{{
		Path: "timeout", Problem: "an attempt must end within 5 minutes", Mend: "write a duration such as 10s",
	}}
}

// Timeout returns the configured timeout, or the default.
func Timeout(d model.Duration) time.Duration { return cmp.Or(time.Duration(d), DefaultTimeout) }
