package app

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"alertd/internal/web"
)

// Options is what the command line says.
type Options struct {
	ConfigFile    string // "": the environment alone
	StoragePath   string
	ListenAddress string
	ExternalURL   string // "": made from the listen address
	RoutePrefix   string
	WebConfigFile string
	// SilenceRetention is how long silences are listed after their end.
	SilenceRetention time.Duration
	// MaxSilences, ended ones included, and MaxSilenceBytes bound what clients
	// may store; 0 or less is no limit.
	MaxSilences, MaxSilenceBytes int

	// The bounds and the CORS origin are as in Alertmanager and Prometheus.
	GetConcurrency int
	MaxConnections int
	WebTimeout     time.Duration
	CORSOrigin     string // a regular expression for the whole origin; "": none
	Version        web.Version
	Logger         *slog.Logger
	Stdout         io.Writer // where console receivers print
	// Reloads delivers a request to read the configuration again (SIGHUP).
	Reloads <-chan os.Signal
}

// What holds for silences where the flags do not say. The retention is
// Alertmanager's.
const (
	DefaultSilenceRetention = 120 * time.Hour
	DefaultMaxSilences      = 50_000
	DefaultMaxSilenceBytes  = 256 << 10
)

// externalURL is where links in messages lead. Without the flag it is the
// listen address, with the host's name where that is every address.
func externalURL(o Options) (*url.URL, error) {
	text := o.ExternalURL
	if text == "" {
		host, port, err := net.SplitHostPort(o.ListenAddress)
		if err != nil {
			return nil, fmt.Errorf("--web.listen-address: %w: write it as 127.0.0.1:9099", err)
		}
		if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
			if host, err = os.Hostname(); err != nil {
				return nil, fmt.Errorf("finding the host's name for links: %w: give --web.external-url", err)
			}
		}
		text = "http://" + net.JoinHostPort(host, port) + strings.TrimRight(o.RoutePrefix, "/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("--web.external-url %q: not an http or https URL: write it as http://alertd.example.com:9099", text)
	}
	return u, nil
}
