package standalone

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

const (
	nodeJob      = "node-exporter"
	nodeInstance = "localhost"

	defaultInterval  = 15 * time.Second
	defaultRetention = 24 * time.Hour
	defaultTextfiles = "/var/lib/node_exporter/textfile_collector"

	minRetention = 2 * time.Hour // one block
	maxTimeout   = 10 * time.Second
)

// Settings says what to measure and for how long to keep it: the `standalone`
// section of alertd.yml.
type Settings struct {
	ScrapeInterval    model.Duration `yaml:"scrape_interval,omitempty"`    // default 15s
	Retention         model.Duration `yaml:"retention,omitempty"`          // default 24h, at least 2h
	TextfileDirectory string         `yaml:"textfile_directory,omitempty"` // where cron jobs leave their *.prom files

	// Where the host's file systems are mounted, for alertd in a container;
	// by default /proc, /sys and /. They hold for the life of the process.
	ProcFS string `yaml:"procfs,omitempty"`
	SysFS  string `yaml:"sysfs,omitempty"`
	RootFS string `yaml:"rootfs,omitempty"`

	Targets []Target `yaml:"targets,omitempty"` // scraped besides the host, such as cAdvisor
}

// Target is one scrape job, as in prometheus.yml's scrape_configs.
type Target struct {
	Job         string   `yaml:"job"`
	Targets     []string `yaml:"targets"`                // host:port
	MetricsPath string   `yaml:"metrics_path,omitempty"` // default /metrics
	Scheme      string   `yaml:"scheme,omitempty"`       // http (default) or https
}

// DefaultSettings returns the settings to read a file's section over.
func DefaultSettings() Settings {
	return Settings{
		ScrapeInterval:    model.Duration(defaultInterval),
		Retention:         model.Duration(defaultRetention),
		TextfileDirectory: defaultTextfiles,
	}
}

// withDefaults fills in what was left out. An empty textfile directory stays:
// it means none.
func (s Settings) withDefaults() Settings {
	if s.ScrapeInterval == 0 {
		s.ScrapeInterval = model.Duration(defaultInterval)
	}
	if s.Retention == 0 {
		s.Retention = model.Duration(defaultRetention)
	}
	return s
}

// Check tells everything that is wrong with the settings, in words for their
// author.
func (s Settings) Check() []invalid.Field {
	s = s.withDefaults()
	var wrong []invalid.Field
	add := func(path, problem, mend string) {
		wrong = append(wrong, invalid.Field{Path: path, Problem: problem, Mend: mend})
	}
	if time.Duration(s.ScrapeInterval) < time.Second {
		add("scrape_interval", fmt.Sprintf("%s is too short", s.ScrapeInterval), "give at least 1s")
	}
	if time.Duration(s.Retention) < minRetention {
		add("retention", fmt.Sprintf("%s is too short", s.Retention), fmt.Sprintf("give at least %s", model.Duration(minRetention)))
	}
	seen := map[string]bool{nodeJob: true}
	for i, t := range s.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		switch {
		case t.Job == "":
			add(path+".job", "a target without a job", "give it a name such as cadvisor")
		case t.Job == nodeJob:
			add(path+".job", nodeJob+" is alertd's own job", "choose another name")
		case seen[t.Job]:
			add(path+".job", fmt.Sprintf("there are two jobs %q", t.Job), "put their targets into one list")
		}
		seen[t.Job] = true
		if t.Scheme != "" && t.Scheme != "http" && t.Scheme != "https" {
			add(path+".scheme", fmt.Sprintf("there is no scheme %q", t.Scheme), "write http or https")
		}
		if len(t.Targets) == 0 {
			add(path+".targets", "no targets", "list them as host:port")
		}
		for j, address := range t.Targets {
			path := fmt.Sprintf("%s.targets[%d]", path, j)
			switch {
			case address == "" || address == nodeAddress || strings.ContainsAny(address, "/@ ") || !utf8.ValidString(address):
				add(path, fmt.Sprintf("%q is no address", address), "write host:port, and the rest as scheme and metrics_path")
			case slices.Contains(t.Targets[:j], address):
				add(path, fmt.Sprintf("%s stands there twice", address), "remove one")
			}
		}
	}
	return wrong
}

// Validate returns the first thing that Check finds wrong, as an error.
func (s Settings) Validate() error {
	if wrong := s.Check(); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}
