package ctl

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

const (
	defaultURL     = "http://127.0.0.1:9099"
	defaultTimeout = 10 * time.Second
)

// settings is how to reach alertd and what to assume, from the flags, the
// environment and the configuration file, in this order.
type settings struct {
	url             *url.URL
	timeout         time.Duration
	timeoutGiven    bool
	author          string // "" means nobody said
	commentRequired bool
	http            promconfig.HTTPClientConfig
	withheld        string // the host that the file's credentials are for, where that is another one
}

// fileSettings is the configuration file.
type fileSettings struct {
	URL             string                       `yaml:"url"`
	Author          string                       `yaml:"author"`
	CommentRequired *bool                        `yaml:"comment_required"`
	Output          string                       `yaml:"output"`
	Timeout         model.Duration               `yaml:"timeout"`
	HTTP            *promconfig.HTTPClientConfig `yaml:"http_config"`
}

// load puts the settings together and decides on the output's format. Errors
// are usage mistakes.
func (c *cli) load() (*settings, error) {
	file, path, err := c.readFile()
	if err != nil {
		return nil, err
	}
	if err := c.chooseFormat(file.Output); err != nil {
		return nil, err
	}
	s := &settings{
		author:          first(c.env("ALERTCTL_AUTHOR"), file.Author),
		commentRequired: file.CommentRequired == nil || *file.CommentRequired,
		http:            promconfig.DefaultHTTPClientConfig,
	}
	if s.timeout, err = c.chooseTimeout(time.Duration(file.Timeout)); err != nil {
		return nil, err
	}
	s.timeoutGiven = s.timeout > 0
	if !s.timeoutGiven {
		s.timeout = defaultTimeout
	}
	if file.HTTP != nil {
		s.http = *file.HTTP
		s.http.SetDirectory(filepath.Dir(path))
	}
	if s.http.ProxyURL.URL == nil && s.http.NoProxy == "" {
		s.http.ProxyFromEnvironment = true // as curl does
	}
	s.http.TLSConfig.CAFile = first(c.flags.caFile, c.env("ALERTCTL_CA_FILE"), s.http.TLSConfig.CAFile)

	if s.url, err = parseURL(first(c.flags.url, c.env("ALERTCTL_URL"), file.URL, defaultURL)); err != nil {
		return nil, err
	}
	if own, err := parseURL(first(file.URL, s.url.String())); err == nil && own.Host != s.url.Host {
		// A password goes to the server that it was written down for.
		if s.http.BasicAuth != nil || s.http.Authorization != nil || s.http.OAuth2 != nil || s.http.HTTPHeaders != nil {
			s.withheld = own.Host
		}
		s.http.BasicAuth, s.http.Authorization, s.http.OAuth2, s.http.HTTPHeaders = nil, nil, nil, nil
	}
	return s, c.authenticate(s)
}

// chooseFormat sets the output's format; fallback is the file's.
func (c *cli) chooseFormat(fallback string) error {
	c.format = first(c.flags.output, c.env("ALERTCTL_OUTPUT"), fallback, formatTable)
	if !slices.Contains([]string{formatTable, formatJSON, formatYAML}, c.format) {
		wrong := c.format
		c.format = formatTable
		return usage("%q is no output format: use -o table, json or yaml", wrong)
	}
	return nil
}

// chooseTimeout returns the timeout that was asked for; 0 means none was.
func (c *cli) chooseTimeout(fallback time.Duration) (time.Duration, error) {
	switch {
	case c.flags.timeout > 0:
		return time.Duration(c.flags.timeout), nil
	case c.env("ALERTCTL_TIMEOUT") != "":
		d, err := parseDuration(c.env("ALERTCTL_TIMEOUT"))
		if err != nil || d == 0 {
			return 0, usage("ALERTCTL_TIMEOUT: %q is not a duration: write 10s or 1m", c.env("ALERTCTL_TIMEOUT"))
		}
		return d, nil
	default:
		return fallback, nil
	}
}

// readFile returns the configuration file, empty where there is none, and its
// path. A file that was asked for must be there.
func (c *cli) readFile() (fileSettings, string, error) {
	var file fileSettings
	path := first(c.flags.config, c.env("ALERTCTL_CONFIG"))
	asked := path != ""
	if !asked {
		if path = c.defaultFile(); path == "" {
			return file, "", nil
		}
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !asked:
		return file, path, nil
	case err != nil:
		return file, path, failed(ExitUsage, "cannot read alertctl's configuration", err).
			withHint("Mend the path or the file's permissions, or name another file with --config or ALERTCTL_CONFIG.")
	case strings.TrimSpace(string(data)) == "":
		return file, path, nil
	}
	if err := yaml.Load(data, &file, yaml.WithKnownFields()); err != nil {
		reason := strings.TrimPrefix(err.Error(), "yaml: construct errors: ")
		return file, path, usage("cannot use alertctl's configuration %s: %s", path, reason).
			withHint("See \"alertctl help configuration\" for what it may say.")
	}
	return file, path, nil
}

// defaultFile is $XDG_CONFIG_HOME/alertctl/config.yml, or "" for nobody's home.
func (c *cli) defaultFile() string {
	dir := c.env("XDG_CONFIG_HOME")
	if dir == "" {
		home := c.env("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "alertctl", "config.yml")
}

// parseURL reads alertd's address, to which http:// may be left out.
func parseURL(text string) (*url.URL, error) {
	full := text
	if !strings.Contains(full, "://") {
		full = "http://" + full
	}
	u, err := url.Parse(full)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the whole of it repeats the URL, password included
		}
		return nil, usage("alertd's URL cannot be read: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage("%q is no URL of an alertd: write it like %s", u.Redacted(), defaultURL)
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// display is the URL as messages show it.
func (s *settings) display() string {
	u := *s.url
	u.User = nil
	return strings.TrimSuffix(fmt.Sprint(&u), "/")
}
