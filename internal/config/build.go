package config

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/config/document"
	"alertd/internal/invalid"
	"alertd/notifier"
	"alertd/rules"
)

// sections are the keys at the top of a file.
type sections struct {
	Global     document.Node `yaml:"global"`
	Prometheus document.Node `yaml:"prometheus"`
	Standalone document.Node `yaml:"standalone"`
	Grafana    document.Node `yaml:"grafana"`
	Runbooks   document.Node `yaml:"runbooks"`
	Cron       document.Node `yaml:"cron"`
	Resources  document.Node `yaml:"resources"`
	Containers document.Node `yaml:"containers"`
	RuleFiles  document.Node `yaml:"rule_files"`
	Evaluation document.Node `yaml:"evaluation"`
	Flapping   document.Node `yaml:"flapping"`
	Silences   document.Node `yaml:"silences"`
	Route      document.Node `yaml:"route"`
	Receivers  document.Node `yaml:"receivers"`
	Templates  document.Node `yaml:"templates"`
	Timezone   document.Node `yaml:"timezone"`
	Storage    document.Node `yaml:"storage"`
	Self       document.Node `yaml:"self"`
	Heartbeat  document.Node `yaml:"heartbeat"`
	Notes      document.Node `yaml:"notes"`

	// Alertmanager's, about itself.
	Tracing       document.Node `yaml:"tracing"`
	EventRecorder document.Node `yaml:"event_recorder"`

	InhibitRules      document.Node `yaml:"inhibit_rules"`
	TimeIntervals     document.Node `yaml:"time_intervals"`
	MuteTimeIntervals document.Node `yaml:"mute_time_intervals"`
}

// builder makes a Config of a document.
type builder struct {
	doc      *document.Document
	in       sections
	out      *Config
	dir      string // that relative paths start from; "" leaves them
	watchDir string // likewise, of what to watch
	kinds    []notifier.Kind
	warnings []string
	beside   *document.Document // variables that say what to watch; nil where the file does
}

// build makes a Config of a document. env is the environment beside a file, and
// nil where the document was made of it.
func build(doc *document.Document, dir string, env *environment, o Options) (*Config, error) {
	b := &builder{doc: doc, out: defaults(), dir: dir, watchDir: dir, kinds: o.Kinds}
	if !doc.Root().Given() {
		return nil, doc.Err()
	}
	doc.Decode(&b.in)
	if env != nil {
		if err := b.besideVariables(env, o); err != nil {
			return nil, err
		}
	}
	b.sources()
	b.watched()
	b.ruleFiles()
	b.global()
	b.evaluation()
	b.texts()
	b.receivers()
	b.timeIntervals()
	b.routing()
	b.inhibition()
	b.alertmanagersOwn()
	b.selfcare()
	if err := b.err(); err != nil {
		return nil, err
	}
	masked, err := doc.Masked()
	if err != nil {
		return nil, err
	}
	b.out.masked, b.out.source, b.out.beside = masked, doc, b.beside != nil
	for _, w := range b.warnings {
		o.Logger.Warn(w)
	}
	return b.out, nil
}

// watched reads what to watch.
func (b *builder) watched() {
	b.in.Resources.Decode(&b.out.Resources)
	b.in.Resources.Report(b.out.Resources.Check())
	b.in.Containers.Decode(&b.out.Containers)
	b.in.Containers.Report(b.out.Containers.Check())
	seen := map[string]bool{}
	for _, item := range b.in.Cron.Items() {
		var job rules.CronJob
		item.Decode(&job)
		item.Report(job.Check())
		switch id := job.ID(); {
		case id == "" || !seen[id]:
			seen[id] = true
		case job.Discover != "":
			item.At("discover").Fail("jobs are already discovered by "+id, "remove one, or write matchers into each, so that no job is found twice")
		default:
			item.At("name").Fail(fmt.Sprintf("a cron job named %s is already there", job.Name), "give each job a name of its own; several metrics of one name need a prefix or a selector each")
		}
		b.out.Cron = append(b.out.Cron, job)
	}
}

// ruleFiles reads entries that are a path, or a path and more.
func (b *builder) ruleFiles() {
	for _, item := range b.in.RuleFiles.Items() {
		var spec rules.FileSpec
		if item.IsMapping() {
			item.Decode(&spec)
			if spec.Path == "" {
				item.Report([]invalid.Field{{Path: "path", Problem: "an entry without a path", Mend: "add path: rules/*.yml"}})
			}
		} else {
			item.Decode(&spec.Path)
		}
		b.checkGlob(item.At("path"), spec.Path)
		item.Report(spec.OnMissing.Check("on_missing"))
		spec.Path = join(b.watchDir, spec.Path)
		b.out.RuleFiles = append(b.out.RuleFiles, spec)
	}
}

func (b *builder) checkGlob(at document.Node, pattern string) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		at.Fail("not a file pattern: a bracket is not closed", `close it, or write \[ for the character itself`)
	}
}

// evaluation reads how rules are evaluated, and how long it is remembered.
func (b *builder) evaluation() {
	e := &b.out.Evaluation
	e.Timeout = b.out.Prometheus.Timeout
	b.in.Evaluation.Decode(e)
	for _, d := range []struct {
		path, example string
		value         model.Duration
	}{{"interval", "15s", e.Interval}, {"missing_for", "5m", e.MissingFor}, {"timeout", "10s", e.Timeout}} {
		if d.value <= 0 && b.in.Evaluation.Child(d.path).Given() {
			b.in.Evaluation.Report([]invalid.Field{notPositive(d.path, d.example)})
		}
	}
	if e.Concurrency < 1 {
		b.in.Evaluation.Report([]invalid.Field{{Path: "concurrency", Problem: "at least one query must be allowed at a time", Mend: "write 1 or more"}})
	}
	b.in.Flapping.Decode(&b.out.Flapping)
	b.in.Flapping.Report(b.out.Flapping.Check())
	b.in.Silences.Decode(&b.out.Silences)
	b.in.Storage.Decode(&b.out.Storage)
	if b.out.Storage.Retention <= 0 {
		b.in.Storage.Report([]invalid.Field{notPositive("retention", "720h")})
	}
	if size := b.out.Storage.RetentionSize; size > 0 && size < minRetentionSize {
		b.in.Storage.Report([]invalid.Field{{
			Path: "retention_size", Problem: "retention_size is less than 16MB, too little to remember anything",
			Mend: "write a size such as 512MB, or 0 for no bound",
		}})
	}
}

// texts reads what concerns the texts of messages.
func (b *builder) texts() {
	b.in.Templates.Decode(&b.out.Templates)
	for i, pattern := range b.out.Templates {
		b.checkGlob(b.in.Templates.At(fmt.Sprintf("[%d]", i)), pattern)
		b.out.Templates[i] = join(b.dir, pattern)
	}
	var name string
	if b.in.Timezone.Decode(&name); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			b.in.Timezone.Fail(err.Error(), "use an IANA name such as Europe/Paris")
		} else {
			b.out.Timezone = zone
		}
	}
}

// alertmanagersOwn looks at what an Alertmanager does for itself: nobody misses
// its traces, but somebody reads what it records.
func (b *builder) alertmanagersOwn() {
	if !b.in.Tracing.Empty() {
		b.warnings = append(b.warnings, "tracing has no effect: alertd sends no traces of itself. Its metrics are at /metrics")
	}
	if !b.in.EventRecorder.Empty() {
		b.in.EventRecorder.FailKey("alertd records events in its own store, not in files, webhooks or Kafka",
			`remove it; "alertctl alerts --ended" shows what was, and a webhook receiver passes it on`)
	}
}
