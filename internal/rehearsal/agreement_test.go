package rehearsal_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/inhibit"
	"alertd/internal/matchers"
	"alertd/internal/mutetime"
	"alertd/internal/rehearsal"
	"alertd/internal/store"
	"alertd/notifier"
)

// history is a random past: what evaluations changed, and silences.
type history struct {
	evaluations []alert.Evaluation
	silences    alert.Silences
	end         time.Time
}

// Each evaluation has milliseconds of its own, so that nothing that the
// planner's timers do falls on one: which of both is first is then no question.
func randomHistory(r *rand.Rand, start time.Time) history {
	h := history{end: start.Add(3 * time.Hour)}
	active := map[string]alert.Alert{}
	for at := start.Add(7 * time.Millisecond); at.Before(h.end); at = at.Add(time.Duration(1+r.IntN(8))*time.Minute + 13*time.Millisecond) {
		e := alert.Evaluation{At: at, Touched: map[string][]alert.GroupRef{}}
		for range 1 + r.IntN(3) {
			labels := alert.LabelsFromStrings("alertname", fmt.Sprintf("A%d", r.IntN(3)), "instance", fmt.Sprint(r.IntN(4)), "severity", []string{"page", "mail"}[r.IntN(2)])
			name := labels.String()
			if slices.ContainsFunc(e.Upserts, func(a alert.Alert) bool { return a.Labels.Equal(labels) }) {
				continue
			}
			a, known := active[name]
			switch {
			case !known:
				a = alert.Alert{ID: fmt.Sprintf("%s@%d", name, at.UnixMilli()), Labels: labels, State: alert.Pending, ActiveAt: at}
				if r.IntN(2) == 0 {
					a.State, a.FiredAt = alert.Firing, at
				}
			case a.State == alert.Pending && r.IntN(3) == 0:
				e.Deletes = append(e.Deletes, a.ID)
				delete(active, name)
				continue
			case a.State == alert.Pending:
				a.State, a.FiredAt = alert.Firing, at
			case r.IntN(6) == 0: // its `for` was raised
				a.State, a.FiredAt = alert.Pending, time.Time{}
			default:
				a.State, a.ResolvedAt, a.Resolution = alert.Resolved, at, alert.Recovered
			}
			a.UpdatedAt = at
			active[name] = a
			if a.State == alert.Resolved {
				delete(active, name)
			}
			e.Upserts = append(e.Upserts, a)
		}
		h.evaluations = append(h.evaluations, e)
	}
	for i := range 3 {
		ms, err := matchers.Parse(fmt.Sprintf("alertname=A%d", r.IntN(3)))
		if err != nil {
			panic(err)
		}
		from := start.Add(time.Duration(r.IntN(150))*time.Minute + 11*time.Millisecond)
		h.silences = append(h.silences, alert.Silence{ID: fmt.Sprint("s", i), Matchers: ms, StartsAt: from, EndsAt: from.Add(time.Duration(1+r.IntN(90)) * time.Minute), UpdatedAt: from})
	}
	slices.SortFunc(h.silences, func(a, b alert.Silence) int { return a.StartsAt.Compare(b.StartsAt) })
	return h
}

func randomRoute(t *testing.T, r *rand.Rand) *notifier.Route {
	t.Helper()
	some := func(longest int) *model.Duration {
		d := model.Duration(time.Duration(r.IntN(longest)) * 30 * time.Second)
		return &d
	}
	repeat := model.Duration(time.Duration(20+r.IntN(200)) * time.Minute)
	spec := &notifier.RouteSpec{
		Receiver: "team", GroupBy: [][]string{nil, {"alertname"}, {"..."}}[r.IntN(3)],
		GroupWait: some(6), GroupInterval: some(20), RepeatInterval: &repeat,
		Routes: []*notifier.RouteSpec{{Receiver: "pager", Matchers: []string{"severity=page"}, Continue: r.IntN(2) == 0, GroupWait: some(2)}, {Matchers: []string{`instance=~"0|1"`}}},
	}
	spec.Routes[0].MuteTimeIntervals = [][]string{nil, {"now and then"}}[r.IntN(2)]
	spec.Routes[1].ActiveIntervals = [][]string{nil, {"now and then"}}[r.IntN(2)]
	route, err := notifier.NewRoute(spec, notifier.RouteOptions{}, matchers.Parse)
	if err != nil {
		t.Fatal(err)
	}
	var times []timeinterval.TimeRange
	for minute := r.IntN(20); minute < 23*60; minute += 10 + r.IntN(90) {
		times = append(times, timeinterval.TimeRange{StartMinute: minute, EndMinute: minute + 1 + r.IntN(60)})
	}
	if err := route.Mute(mutetime.Intervals{"now and then": {{Times: times}}}); err != nil {
		t.Fatal(err)
	}
	return route
}

// randomRules are such that some alerts are source and target at once.
func randomRules(t *testing.T, r *rand.Rand) []inhibit.Rule {
	t.Helper()
	rules := make([]inhibit.Rule, r.IntN(3))
	for i := range rules {
		source, err := matchers.Parse(fmt.Sprintf("alertname=A%d", r.IntN(3)))
		if err != nil {
			t.Fatal(err)
		}
		target, err := matchers.Parse([]string{"severity=mail", "alertname=A1", `alertname!=""`}[r.IntN(3)])
		if err != nil {
			t.Fatal(err)
		}
		rules[i] = inhibit.Rule{Source: source, Target: target, Equal: [][]string{nil, {"instance"}}[r.IntN(2)]}
	}
	return rules
}

// guarded is the store as app has it.
type guarded struct {
	store.Store
	guard *inhibit.Guard
}

func (s guarded) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	return s.guard.CommitEvaluation(ctx, e)
}

func (s guarded) GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error) {
	return s.guard.GroupView(ctx, key)
}

// line writes a notification for comparison.
func line(since time.Duration, integration, reason string, firing, resolved []string) string {
	return fmt.Sprintf("%s %s: %s, firing %v, resolved %v", since.Round(time.Millisecond), integration, reason, firing, resolved)
}

func names(alerts []alert.Alert) []string {
	out := make([]string, len(alerts))
	for i := range alerts {
		out[i] = alerts[i].ID
	}
	return out
}

// ear hears whatever it is told.
type ear struct{}

func (ear) Send(context.Context, *notifier.Message) (string, error) { return "", nil }

// lived returns what the real notifier over the real store says of a history.
func lived(t *testing.T, route *notifier.Route, rules []inhibit.Rule, integrations map[string][]notifier.Integration, past func(start time.Time) history) (said []string) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := past(start)
		opened, err := store.Open(context.WithoutCancel(t.Context()), store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		}()
		guard := inhibit.NewGuard(opened, route.Groups)
		if err := guard.Apply(t.Context(), rules); err != nil {
			t.Fatal(err)
		}
		s := guarded{opened, guard}
		templates, err := notifier.LoadTemplates(nil, nil, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		setup := &notifier.Setup{Route: route, Receivers: map[string][]notifier.Target{}, Templates: templates, Expiry: 24 * time.Hour}
		for name, all := range integrations {
			for _, i := range all {
				setup.Receivers[name] = append(setup.Receivers[name], notifier.Target{
					ID: i.ID, Kind: "test", Channel: ear{},
					Options: notifier.Options{SendResolved: i.SendResolved},
				})
			}
		}
		n := notifier.New(s, slog.New(slog.DiscardHandler), nil)
		n.Apply(setup)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- n.Run(ctx) }()

		silences := h.silences
		saveUntil := func(t0 time.Time) {
			for len(silences) > 0 && !silences[0].StartsAt.After(t0) {
				time.Sleep(time.Until(silences[0].StartsAt))
				if err := s.SaveSilences(t.Context(), silences[0].StartsAt, silences[0]); err != nil {
					t.Fatal(err)
				}
				n.Wake()
				synctest.Wait()
				silences = silences[1:]
			}
		}
		for i := range h.evaluations {
			e := &h.evaluations[i]
			saveUntil(e.At)
			time.Sleep(time.Until(e.At))
			for j := range e.Upserts {
				if e.Upserts[j].State != alert.Pending {
					e.Touched[e.Upserts[j].ID] = route.Groups(e.Upserts[j].Labels)
				}
			}
			if err := s.CommitEvaluation(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			n.Wake()
			synctest.Wait()
		}
		saveUntil(h.end)
		time.Sleep(time.Until(h.end))
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		delivered, err := s.Deliveries(t.Context(), 1_000_000, alert.DeliveryDelivered)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range delivered {
			said = append(said, line(d.FinishedAt.Sub(start), d.Integration, d.Reason, d.Content.Firing, d.Content.Resolved))
		}
	})
	return said
}

// TestAgreement holds the rehearsal to the real notifier over the real store.
func TestAgreement(t *testing.T) {
	integrations := map[string][]notifier.Integration{
		"team":  {{ID: "team/a/0", SendResolved: true}, {ID: "team/b/0"}},
		"pager": {{ID: "pager/a/0", SendResolved: true}},
	}
	told := 0
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			route := randomRoute(t, rand.New(rand.NewPCG(seed, 1)))
			past := func(start time.Time) history { return randomHistory(rand.New(rand.NewPCG(seed, 2)), start) }
			rules := randomRules(t, rand.New(rand.NewPCG(seed, 3)))
			want := lived(t, route, rules, integrations, past)

			start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			h := past(start)
			r, err := rehearsal.New(rehearsal.Setup{Route: route, Receivers: integrations, Inhibit: rules, Silences: h.silences, Expiry: 24 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range h.evaluations {
				r.Evaluated(e.At, e.Upserts, e.Deletes)
			}
			var got []string
			for _, n := range r.Until(h.end) {
				got = append(got, line(n.At.Sub(start), n.Integration, string(n.Reason), names(n.Firing), names(n.Resolved)))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("rehearsed only:\n%s\nreal only:\n%s", strings.Join(without(got, want), "\n"), strings.Join(without(want, got), "\n"))
			}
			told += len(want)
		})
	}
	if told < 250 {
		t.Errorf("only %d notifications were compared", told)
	}
}

func without(a, b []string) (only []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			only = append(only, s)
		}
	}
	return only
}
