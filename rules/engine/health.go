package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// ownGroup is the group of the alerts that alertd raises about itself.
const ownGroup = alert.OwnGroup

// tolerated is how long Prometheus may be unreachable, or a rule fail, before
// people are told.
const tolerated = time.Minute

// The alerts that the engine raises about itself.
const (
	unreachableName = "PrometheusUnreachable"
	failingName     = "RuleFailing"
)

// health remembers what of evaluating fails.
type health struct {
	logger *slog.Logger

	mu          sync.Mutex
	told        bool      // the log says that Prometheus does not answer
	prometheus  string    // who is asked
	lastSuccess time.Time // when Prometheus last answered a rule
	failing     map[string]*failure
}

// failure is a rule that could not be evaluated the last time it was tried.
type failure struct {
	group, rule string
	job         string // that the rule is about; "" is none
	recording   bool
	err         error
	since, last time.Time // first and latest failure in a row
	alone       bool      // other rules succeeded meanwhile, so it is not Prometheus
}

// lasting tells whether the rule itself is at fault, for longer than tolerated.
func (f *failure) lasting() bool {
	return f.last.Sub(f.since) >= tolerated && (f.alone || !unanswered(f.err))
}

func newHealth(logger *slog.Logger) *health {
	return &health{logger: logger, failing: map[string]*failure{}}
}

// checks returns what the engine finds out about its own work.
func (h *health) checks() []Check {
	return []Check{
		{Name: unreachableName, For: tolerated, Look: func(context.Context, time.Time) ([]Finding, error) { return h.unreachable(), nil }},
		{Name: failingName, Look: func(context.Context, time.Time) ([]Finding, error) { return h.failingRules(), nil }},
	}
}

// apply drops the failures of rules that are no longer configured.
func (h *health) apply(s *Setup) {
	known := map[string]bool{}
	for _, g := range s.Groups {
		for _, r := range g.Rules {
			known[r.ID] = true
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.prometheus = "in process"
	if s.PrometheusURL != nil {
		h.prometheus = s.PrometheusURL.Redacted()
	}
	for id := range h.failing {
		if !known[id] {
			delete(h.failing, id)
		}
	}
}

// ruleDone takes note of how a rule's evaluation at now ended.
func (h *health) ruleDone(group string, rule *rules.Rule, err error, now time.Time) {
	if group == ownGroup {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.lastSuccess = now
		delete(h.failing, rule.ID)
		h.answeredAgain()
		return
	}
	if unanswered(err) && !h.told {
		h.told = true
		h.logger.Warn("Prometheus does not answer; every alert stays as it is until it does", "err", err)
	}
	f := h.failing[rule.ID]
	if f == nil {
		f = &failure{group: group, rule: rule.Name, job: rule.Job, recording: rule.Record != "", since: now}
		h.failing[rule.ID] = f
	}
	f.err, f.last, f.alone = err, now, h.lastSuccess.After(f.since)
}

// answeredAgain says so in the log once no rule waits for an answer any more.
func (h *health) answeredAgain() {
	if !h.told {
		return
	}
	for _, f := range h.failing {
		if unanswered(f.err) {
			return
		}
	}
	h.told = false
	h.logger.Info("Prometheus answers again")
}

func ofJob(job string) string {
	if job == "" {
		return ""
	}
	return " of cron job " + job
}

// failingRules returns the rules that cannot be evaluated, one finding for those
// that are alike in group and name.
func (h *health) failingRules() []Finding {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []Finding
	for _, f := range h.failing {
		if f.lasting() {
			meanwhile := "Its alerts stay as they were, and new ones are not noticed."
			if f.recording {
				meanwhile = "It records nothing, and what is asked of its series finds nothing new."
			}
			found = append(found, Finding{
				Labels:      alert.LabelsFromStrings(alert.AlertName, failingName, "group", f.group, "rule", f.rule, rules.CronJobLabel, f.job, "severity", "warning"),
				Summary:     fmt.Sprintf("Rule %s%s cannot be evaluated", f.rule, ofJob(f.job)),
				Description: fmt.Sprintf("%s Prometheus says: %v", meanwhile, f.err),
				Value:       1,
			})
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.Description, b.Description) })
	return slices.CompactFunc(slices.SortedStableFunc(slices.Values(found), func(a, b Finding) int {
		return a.Labels.Compare(b.Labels)
	}), func(a, b Finding) bool { return a.Labels.Equal(b.Labels) })
}

// away returns the last error of a Prometheus that has not answered for so long.
func (h *health) away(long time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.unanswered(); f != nil && f.last.Sub(f.since) >= long {
		return f.err
	}
	return nil
}

// unanswered returns the latest failure where some rule began to fail for want of
// an answer after the last time that any rule had one; nil where none did.
func (h *health) unanswered() *failure {
	var latest *failure
	for _, f := range h.failing {
		if unanswered(f.err) && f.since.After(h.lastSuccess) && (latest == nil || f.last.After(latest.last)) {
			latest = f
		}
	}
	return latest
}

// unreachable holds when Prometheus does not answer.
func (h *health) unreachable() []Finding {
	h.mu.Lock()
	defer h.mu.Unlock()
	latest := h.unanswered()
	if latest == nil {
		return nil
	}
	return []Finding{{
		Labels:      alert.LabelsFromStrings(alert.AlertName, unreachableName, "prometheus", h.prometheus, "severity", "critical"),
		Summary:     "Prometheus cannot be reached",
		Description: fmt.Sprintf("Nothing can be watched until it answers: every alert stays as it was. The last attempt: %v", latest.err),
		Value:       1,
	}}
}
