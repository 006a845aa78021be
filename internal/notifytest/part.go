package notifytest

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/config/document"
	"alertd/internal/matchers"
	"alertd/internal/rehearsal"
)

// part is alertd's document of a test file.
type part struct {
	Alertd document.Node `yaml:"alertd"`
}

type section struct {
	ConfigFile string        `yaml:"config_file"`
	Tests      document.Node `yaml:"tests"`
}

// test is what is expected of one of the tests above it. Times count from the
// test's beginning.
type test struct {
	Name          document.Node  `yaml:"name"`
	Until         model.Duration `yaml:"until"` // how long to watch; the last moment named when unset
	Silences      document.Node  `yaml:"silences"`
	Outages       document.Node  `yaml:"outages"`
	Notifications document.Node  `yaml:"notifications"`

	silences []silence
	outages  []outage
	expected []expectation
}

type silence struct {
	From     model.Duration `yaml:"from"`
	Until    model.Duration `yaml:"until"`
	Matchers document.Node  `yaml:"matchers"`

	parsed alert.Matchers
}

type outage struct {
	Receiver string         `yaml:"receiver"`
	From     model.Duration `yaml:"from"`
	Until    model.Duration `yaml:"until"`
}

// expectation is a notification that must come. Each label set stands for one
// alert that has at least these labels.
type expectation struct {
	At       model.Duration      `yaml:"at"`
	Receiver string              `yaml:"receiver"`
	Reason   string              `yaml:"reason"` // any when unset
	Firing   []map[string]string `yaml:"firing"`
	Resolved []map[string]string `yaml:"resolved"`
}

// ownPart returns alertd's part of a test file, each line where it is in the
// file, or nil where there is none. foreign tells of a document that is neither
// the first nor alertd's.
func ownPart(text []byte) (own []byte, foreign bool) {
	begins := regexp.MustCompile(`(?m)^---(?:[ \t\r]|$)`).FindAllIndex(text, -1)
	if len(begins) > 0 && blank(text[:begins[0][0]]) {
		begins = begins[1:] // the first document's own beginning
	}
	for _, at := range begins {
		if regexp.MustCompile(`(?m)^alertd:`).Match(text[at[0]:]) {
			above := bytes.Repeat([]byte("\n"), bytes.Count(text[:at[0]], []byte("\n")))
			return append(above, text[at[0]:]...), false
		}
	}
	return nil, len(begins) > 0 && !blank(text[begins[0][1]:])
}

// blank tells whether nothing but comments and directives is in the text.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// reader reads a part and notes its mistakes.
type reader struct {
	names []string // of the tests above
	setup rehearsal.Setup
	tests map[string]*test
}

// readPart reads alertd's part of the file path, whose tests have these names.
func readPart(path string, own []byte, names []string, load func(string) (rehearsal.Setup, error)) (map[string]*test, rehearsal.Setup, error) {
	doc := document.Parse(path, own)
	var p part
	doc.Decode(&p)
	var s section
	if p.Alertd.Decode(&s); s.ConfigFile == "" && doc.Err() == nil {
		p.Alertd.FailKey("alertd's part needs a config_file, whose routes and receivers are tried", "add config_file: alertd.yml")
	}
	if err := doc.Err(); err != nil {
		return nil, rehearsal.Setup{}, err
	}
	setup, err := load(s.ConfigFile)
	if err != nil {
		return nil, rehearsal.Setup{}, fmt.Errorf("config_file of %s: %w", path, err)
	}
	r := reader{names: names, setup: setup, tests: map[string]*test{}}
	for _, item := range s.Tests.Items() {
		r.test(item)
	}
	if err := doc.Err(); err != nil {
		return nil, rehearsal.Setup{}, err
	}
	return r.tests, setup, nil
}

func (r *reader) test(item document.Node) {
	t := &test{}
	item.Decode(t)
	var name string
	t.Name.Decode(&name)
	switch {
	case name == "":
		item.Fail("which test this is about is not said", "add name: and the name of one of the tests above")
	case !slices.Contains(r.names, name):
		t.Name.Fail("there is no test of that name above", suggestion(name, r.names, "write one of the names above"))
	case count(r.names, name) > 1:
		t.Name.Fail("two tests above have this name", "give each a name of its own")
	case r.tests[name] != nil:
		t.Name.Fail("this test has expectations already", "put them into one entry")
	}
	for _, n := range t.Silences.Items() {
		r.silence(t, n)
	}
	for _, n := range t.Outages.Items() {
		r.outage(t, n)
	}
	for _, n := range t.Notifications.Items() {
		r.notification(t, n)
	}
	r.tests[name] = t
}

func count(names []string, name string) (n int) {
	for _, other := range names {
		if other == name {
			n++
		}
	}
	return n
}

func (r *reader) silence(t *test, n document.Node) {
	var s silence
	n.Decode(&s)
	checkSpan(n, s.From, s.Until)
	for _, m := range s.Matchers.Items() {
		var text string
		m.Decode(&text)
		parsed, err := matchers.Parse(text)
		if err != nil {
			m.Fail(err.Error(), `write it as name="value", or with !=, =~ or !~`)
		}
		s.parsed = append(s.parsed, parsed...)
	}
	if s.Matchers.Empty() {
		n.Fail("a silence without matchers", `add matchers: ['alertname="NAME"']`)
	}
	t.silences = append(t.silences, s)
}

func (r *reader) outage(t *test, n document.Node) {
	var o outage
	n.Decode(&o)
	checkSpan(n, o.From, o.Until)
	r.checkReceiver(n, o.Receiver)
	t.outages = append(t.outages, o)
}

func (r *reader) notification(t *test, n document.Node) {
	var e expectation
	n.Decode(&e)
	r.checkReceiver(n, e.Receiver)
	if len(e.Firing)+len(e.Resolved) == 0 {
		n.Fail("a notification about nothing", "add firing: or resolved:, a list of label sets")
	}
	t.Until = max(t.Until, e.At)
	t.expected = append(t.expected, e)
}

func checkSpan(n document.Node, from, until model.Duration) {
	if until <= from {
		n.Fail("until is not after from", "write both as times since the beginning of the test, such as from: 5m and until: 20m")
	}
}

func (r *reader) checkReceiver(n document.Node, name string) {
	if _, ok := r.setup.Receivers[name]; ok {
		return
	}
	known := slices.Sorted(maps.Keys(r.setup.Receivers))
	problem := "there is no receiver " + name
	if name == "" {
		problem = "a receiver is missing"
	}
	n.At("receiver").Fail(problem, suggestion(name, known, "the configuration has "+strings.Join(known, ", ")))
}

func suggestion(name string, known []string, otherwise string) string {
	if meant := document.Suggest(name, known); meant != "" {
		return "did you mean " + meant + "?"
	}
	return otherwise
}
