package config

import (
	"net/url"

	"alertd/internal/config/document"
	"alertd/internal/invalid"
)

// sources reads whom to ask, and where links lead.
func (b *builder) sources() {
	b.in.Prometheus.Decode(&b.out.Prometheus)
	rebase(b.watchDir, &b.out.Prometheus)
	b.checkPrometheus()
	b.in.Standalone.Decode(&b.out.Standalone)
	rebase(b.watchDir, &b.out.Standalone)
	b.in.Standalone.Report(b.out.Standalone.Check())
	if b.out.Prometheus.URL != "" && !b.in.Standalone.Empty() {
		b.warnings = append(b.warnings, "The Prometheus at prometheus.url is asked, so what is said of standalone has no effect")
	}
	b.in.Grafana.Decode(&b.out.Grafana)
	checkURL(b.in.Grafana, "url", b.out.Grafana.URL, false)
	b.in.Runbooks.Decode(&b.out.Runbooks)
	checkURL(b.in.Runbooks, "url", b.out.Runbooks.URL, false)
}

func (b *builder) checkPrometheus() {
	p := &b.out.Prometheus
	if p.URL == "" && !b.in.Prometheus.Empty() {
		b.in.Prometheus.Report([]invalid.Field{{Path: "url", Problem: "a Prometheus without url", Mend: "add url: http://localhost:9090, or remove the section to let alertd measure by itself"}})
	}
	checkURL(b.in.Prometheus, "url", p.URL, true)
	checkURL(b.in.Prometheus, "external_url", p.ExternalURL, false)
	if p.Timeout <= 0 {
		b.in.Prometheus.Report([]invalid.Field{notPositive("timeout", "10s")})
	}
	if p.MaxSeries <= 0 {
		b.in.Prometheus.Report([]invalid.Field{{Path: "max_series", Problem: "max_series must be more than zero", Mend: "write a number such as 100000, or remove it for the default"}})
	}
	u, err := url.Parse(p.URL)
	inHTTP := p.HTTP.BasicAuth != nil || p.HTTP.Authorization != nil || p.HTTP.OAuth2 != nil
	if err == nil && u.User != nil && inHTTP {
		b.in.Prometheus.Report([]invalid.Field{{Path: "url", Problem: "credentials both in the URL and in http_config", Mend: "remove those in the URL"}})
	}
}

// checkURL notes what is wrong with an HTTP address. The address is not
// quoted, as it may hold a password.
func checkURL(section document.Node, path, raw string, credentials bool) {
	if raw == "" {
		return
	}
	problem, mend := "", "write it as http://host:port"
	switch u, err := url.Parse(raw); {
	case err != nil:
		problem = "not a URL"
		section.Child(path).Conceal() // where a password would be is not to be told
	case u.Scheme != "http" && u.Scheme != "https":
		problem = "the URL does not begin with http:// or https://"
	case u.Hostname() == "":
		problem = "the URL names no host"
	case u.User != nil && !credentials:
		problem, mend = "a link that people are sent must not hold a password", "remove what stands before the @"
	default:
		return
	}
	section.Report([]invalid.Field{{Path: path, Problem: problem, Mend: mend}})
}

func notPositive(path, example string) invalid.Field {
	return invalid.Field{Path: path, Problem: path + " must be more than zero", Mend: "write a duration such as " + example + ", or remove it for the default"}
}
