package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"

	"alertd/internal/alert"
	"alertd/internal/matchers"
)

// alertFilter is what a client asked for of alerts.
type alertFilter struct {
	matchers                    alert.Matchers
	receiver                    *regexp.Regexp // nil: any
	receiverMatchers            alert.Matchers
	active, silenced, inhibited bool
	muted                       bool // of groups
}

// readAlertFilter reads a query. Its parameter `unprocessed` has no effect, as
// in Alertmanager 0.34, where no alert is ever in that state.
func readAlertFilter(query url.Values) (f alertFilter, err error) {
	if f.matchers, err = parseFilter(query["filter"]); err != nil {
		return f, badRequest(err.Error())
	}
	if given := query["receiver"]; len(given) > 0 && given[len(given)-1] != "" {
		text := given[len(given)-1]
		if err = new(expressions).check(text); err == nil {
			f.receiver, err = regexp.Compile("^(?:" + text + ")$")
		}
		if err != nil {
			return f, badRequest("failed to parse receiver param: " + err.Error())
		}
	}
	if f.receiverMatchers, err = parseFilter(query["receiver_matchers"]); err != nil {
		return f, badRequest("failed to parse receiver_matchers param: " + err.Error())
	}
	f.active = flag(query, "active", true)
	f.silenced = flag(query, "silenced", true)
	f.inhibited = flag(query, "inhibited", true)
	f.muted = flag(query, "muted", true)
	return f, nil
}

// wants tells whether an alert with that status is asked for.
func (f *alertFilter) wants(silencedBy, inhibitedBy []string) bool {
	suppressed := len(silencedBy) > 0 || len(inhibitedBy) > 0
	return (f.active || suppressed) &&
		(f.silenced || len(silencedBy) == 0) &&
		(f.inhibited || len(inhibitedBy) == 0)
}

// receiverPasses tells whether a receiver of that name is asked for; known has
// the labels of the configuration's receivers, by name.
func (f *alertFilter) receiverPasses(name string, known map[string]alert.Labels) bool {
	return f.namePasses(name) && f.labelsPass(name, known)
}

// receiversPass tells whether an alert that goes to these receivers is asked for.
func (f *alertFilter) receiversPass(names []string, known map[string]alert.Labels) bool {
	return (f.receiver == nil || slices.ContainsFunc(names, f.namePasses)) &&
		(len(f.receiverMatchers) == 0 || slices.ContainsFunc(names, func(name string) bool { return f.labelsPass(name, known) }))
}

func (f *alertFilter) namePasses(name string) bool {
	return f.receiver == nil || f.receiver.MatchString(name)
}

func (f *alertFilter) labelsPass(name string, known map[string]alert.Labels) bool {
	if len(f.receiverMatchers) == 0 {
		return true
	}
	ls, ok := known[name]
	return ok && f.receiverMatchers.Matches(ls)
}

func badRequest(text string) error { return &refusal{http.StatusBadRequest, text} }

// parseFilter reads matchers as given in a query, one each.
func parseFilter(texts []string) (alert.Matchers, error) {
	out := make(alert.Matchers, 0, len(texts))
	var sizes expressions
	for _, text := range texts {
		m, err := parseMatcher(text, &sizes)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// parseMatcher reads one matcher. A text that is not exactly one is tried in
// the classic syntax, where a value without quotes may hold commas, as in
// Alertmanager.
func parseMatcher(text string, sizes *expressions) (alert.Matcher, error) {
	if strings.HasPrefix(text, "{") || strings.HasSuffix(text, "}") {
		return alert.Matcher{}, fmt.Errorf("unexpected open or close brace: %s", text)
	}
	if err := sizes.checkMatcher(text); err != nil {
		return alert.Matcher{}, err
	}
	if ms, err := matchers.Parse(text); err == nil && len(ms) == 1 {
		return ms[0], nil
	}
	m, err := labels.ParseMatcher(text)
	if err != nil {
		return alert.Matcher{}, err
	}
	return alert.NewMatcher(m.Name, alert.MatchOp(m.Type.String()), m.Value)
}
