package ctl

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/explain"
	"alertd/internal/matchers"
	"alertd/internal/store"
	"alertd/internal/web"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// newPast returns alertd's real API over a real store, in which one disk fires
// and was told, another is silenced, and a job failed twice this day.
func newPast(t testing.TB, now time.Time) http.Handler {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{Path: t.TempDir()})
	check(err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	route, err := notifier.NewRoute(&notifier.RouteSpec{
		Receiver: "team", GroupBy: []string{"alertname"}, Routes: []*notifier.RouteSpec{{Matchers: []string{`severity=~"critical|warning"`}}},
	}, notifier.RouteOptions{GroupWait: 30 * time.Second, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}, matchers.Parse)
	check(err)

	e := alert.Evaluation{Group: "host", At: now, Touched: map[string][]alert.GroupRef{}}
	add := func(began, ended time.Duration, pairs ...string) {
		a := alert.Alert{
			RuleID: "rule", Labels: alert.LabelsFromStrings(pairs...), State: alert.Firing, Value: 94.25, Unit: "%", Threshold: "> 90 %",
			ActiveAt: now.Add(-began - time.Minute), FiredAt: now.Add(-began), UpdatedAt: now.Add(-began),
		}
		a.ID = alert.NewID(a.RuleID, a.Labels, a.ActiveAt)
		if ended > 0 {
			recovered := 71.5
			a.State, a.ResolvedAt, a.UpdatedAt, a.Resolution, a.RecoveredValue = alert.Resolved, now.Add(-ended), now.Add(-ended), alert.Recovered, &recovered
		} else {
			e.Touched[a.ID] = route.Groups(a.Labels)
		}
		e.Upserts = append(e.Upserts, a)
		e.Events = append(e.Events, alert.Event{At: a.FiredAt, Kind: alert.EventFiring, AlertID: a.ID, Labels: a.Labels, Value: a.Value})
	}
	add(30*time.Minute, 0, "alertname", "DiskFull", "instance", "web-1:9100", "severity", "warning")
	add(5*time.Minute, 0, "alertname", "DiskFull", "instance", "web-2:9100", "severity", "warning")
	add(5*time.Hour, 4*time.Hour, "alertname", "CronFailed", "cron_job", "etl", "severity", "critical")
	add(2*time.Hour, 90*time.Minute, "alertname", "CronFailed", "cron_job", "etl", "severity", "critical")
	add(50*time.Hour, 49*time.Hour, "alertname", "HostDown", "instance", "web-1:9100")
	e.Events = append(e.Events, alert.Event{
		At: now.Add(-29 * time.Minute), Kind: alert.EventFailed, Group: e.Touched[e.Upserts[0].ID][0].Key, Labels: alert.LabelsFromStrings("alertname", "DiskFull"),
		Integration: "team/slack/0", Delivery: "d1", Detail: "connection refused",
	})
	check(s.CommitEvaluation(ctx, &e))
	key := e.Touched[e.Upserts[0].ID][0].Key
	view, err := s.GroupView(ctx, key)
	check(err)
	d := alert.Delivery{
		ID: "d1", Group: key, Receiver: "team", Integration: "team/slack/0", Reason: string(notifier.ReasonFirst), Content: alert.Content{Firing: []string{e.Upserts[0].ID}},
		CreatedAt: now.Add(-29 * time.Minute), NextAttemptAt: now.Add(-29 * time.Minute), ExpiresAt: now.Add(time.Hour),
	}
	check(s.CommitPlan(ctx, &alert.PlanResult{Key: key, Revision: view.Revision, FlushedAt: d.CreatedAt, Create: []alert.Delivery{d}}))
	d.State, d.Attempts = alert.DeliveryDelivered, 2
	check(s.CommitDelivery(ctx, &d, now.Add(-28*time.Minute)))
	ms, err := matchers.Parse("instance=\"web-2:9100\"")
	check(err)
	check(s.SaveSilences(ctx, now, alert.Silence{ID: "5b6f1c2e-0000-4000-8000-000000000000", Matchers: ms, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(2 * time.Hour), CreatedBy: "ann", Comment: "resizing the disk"}))

	registry := prometheus.NewRegistry()
	server, err := web.New(web.Deps{
		Store: s, NotFound: store.ErrNotFound, Groups: route.Groups, Receivers: func() []web.Receiver { return nil },
		Receive: func(context.Context, []web.PostedAlert) error { return nil }, Reload: func(context.Context) error { return nil },
		Ready: func() error { return nil }, Gatherer: registry, Registerer: registry, Now: func() time.Time { return now },
		Explain: func(ctx context.Context, id string) (*apiv1.Story, *alert.Alert, error) {
			return story(ctx, s, route, id, now)
		},
	})
	check(err)
	return server.Handler()
}

// story explains an alert by the real planning.
func story(ctx context.Context, s store.Store, route *notifier.Route, id string, now time.Time) (*apiv1.Story, *alert.Alert, error) {
	trace, err := s.Trace(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	silences, err := s.Silences(ctx)
	if err != nil {
		return nil, nil, err
	}
	f := explain.Facts{
		Now: now, Trace: trace, Shown: web.ShownAlert(&trace.Alert), Silences: silences,
		Rule: &explain.Rule{Name: "DiskFull", Group: "host", Expression: "disk_used > 90", For: time.Minute, Interval: time.Minute, LastEvaluation: now.Add(-10 * time.Second)},
	}
	for _, r := range route.Match(trace.Labels) {
		var path []alert.Matchers
		for _, node := range route.PathTo(r) {
			path = append(path, node.Matchers())
		}
		f.Routes = append(f.Routes, explain.Route{Path: path, Group: route.Groups(trace.Labels)[0], Options: r.Options})
	}
	for _, key := range trace.Groups {
		view, err := s.GroupView(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		result, decisions := notifier.Plan(notifier.PlanInput{
			View: *view, Route: &route.Match(trace.Labels)[0].Options, Silences: silences, Now: now, Expiry: time.Hour,
			Integrations: []notifier.Integration{{ID: "team/slack/0", SendResolved: true}},
		})
		f.Previews = append(f.Previews, notifier.Preview{View: *view, Create: result.Create, Decisions: decisions})
	}
	return explain.Tell(f), &trace.Alert, nil
}
