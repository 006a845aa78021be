package notifytest

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/rehearsal"
	"alertd/rules/ruletest"
)

// watcher leads the alerts of one test through the configuration's routes.
type watcher struct {
	test      *test
	start     time.Time
	rehearsal *rehearsal.Rehearsal
	err       error
}

func newWatcher(t *test, setup rehearsal.Setup, start time.Time) *watcher {
	at := func(d model.Duration) time.Time { return start.Add(time.Duration(d)) }
	setup.Silences, setup.Outages = nil, nil
	for i, s := range t.silences {
		setup.Silences = append(setup.Silences, alert.Silence{
			ID: fmt.Sprint("silence ", i+1), Matchers: s.parsed, StartsAt: at(s.From), EndsAt: at(s.Until), UpdatedAt: at(s.From),
		})
	}
	for _, o := range t.outages {
		setup.Outages = append(setup.Outages, rehearsal.Outage{Receiver: o.Receiver, From: at(o.From), Until: at(o.Until)})
	}
	w := &watcher{test: t, start: start}
	w.rehearsal, w.err = rehearsal.New(setup)
	return w
}

// Until implements ruletest.Watcher.
func (w *watcher) Until() time.Duration { return time.Duration(w.test.Until) }

// Evaluated implements ruletest.Watcher.
func (w *watcher) Evaluated(at time.Time, changed []alert.Alert, deleted []string) {
	if w.err == nil {
		w.rehearsal.Evaluated(at, changed, deleted)
	}
}

// Failures implements ruletest.Watcher.
func (w *watcher) Failures(end time.Time) []ruletest.Failure {
	if w.err != nil {
		return []ruletest.Failure{{About: "notifications", Problem: w.err.Error()}}
	}
	if f := compare(w.test.expected, merged(w.rehearsal.Until(end), w.start)); f != nil {
		return []ruletest.Failure{*f}
	}
	return nil
}
