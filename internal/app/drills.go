package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/drill"
	"alertd/internal/store"
	"alertd/internal/web"
)

// testPatience is how long a test of a receiver waits for outcomes.
const testPatience = 45 * time.Second

// testReceiver tells every integration of a receiver a marked test alert.
func (a *app) testReceiver(ctx context.Context, name string) ([]web.TestResult, error) {
	integrations, ok := a.integrations(name)
	if !ok {
		return nil, fmt.Errorf("receiver %s: %w", name, store.ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	outcomes, err := a.drills.Test(ctx, name, integrations, time.Now())
	if err != nil {
		return nil, err
	}
	out := make([]web.TestResult, len(outcomes))
	for i, o := range outcomes {
		out[i] = web.TestResult{Integration: o.Integration, Error: o.Err, Duration: o.Took}
	}
	return out, nil
}

// integrations returns the integrations of a receiver of the configuration.
func (a *app) integrations(receiver string) (ids []string, ok bool) {
	for _, r := range a.current.plan().config.Receivers {
		if r.Name == receiver {
			for _, i := range r.Integrations {
				ids = append(ids, r.ID(i))
			}
			return ids, true
		}
	}
	return nil, false
}

// practice is what web sees of drills.
func (a *app) practice() web.Drills {
	return web.Drills{Start: a.startDrill, Show: a.showDrill, End: func(id string) error { return a.drills.End(id, time.Now()) }, NotFound: drill.ErrUnknown}
}

func (a *app) startDrill(r web.DrillRequest) (string, error) {
	if r.Receiver != "" {
		if _, ok := a.integrations(r.Receiver); !ok {
			return "", fmt.Errorf("receiver %s: %w", r.Receiver, drill.ErrUnknown)
		}
	}
	labels := r.Labels
	if !labels.Has("severity") {
		labels = labels.With("severity", "info")
	}
	started, err := a.drills.Start(drill.Request{
		Labels: labels, Receiver: r.Receiver, For: r.For,
		Annotations: alert.LabelsFromStrings(
			"summary", "This is a drill: nothing is wrong",
			"description", fmt.Sprintf("Somebody practises with alertctl drill. It recovers by itself within %s.", r.For)),
	}, time.Now())
	if err != nil {
		return "", fmt.Errorf("starting a drill: %w", err)
	}
	a.Logger.Info("A drill began", "drill", started.ID, "labels", labels, "for", r.For)
	return started.ID, nil
}

func (a *app) showDrill(ctx context.Context, id string) (web.Drill, error) {
	report, err := a.drills.Report(ctx, id)
	if err != nil {
		return web.Drill{}, err
	}
	out := web.Drill{
		ID: report.ID, Labels: report.Labels, Receiver: report.Receiver, For: report.For,
		StartedAt: report.StartedAt, EvaluatedAt: report.EvaluatedAt, CommittedAt: report.CommittedAt,
		EndedAt: report.EndedAt, RecoveredAt: report.RecoveredAt, Over: report.Over,
	}
	for _, ref := range drill.Route(report.Marked(), a.current.plan().route.Groups) {
		if ids, _ := a.integrations(ref.Receiver); !slices.Contains(out.Receivers, ref.Receiver) {
			out.Receivers = append(out.Receivers, ref.Receiver)
			out.Integrations = append(out.Integrations, ids...)
		}
	}
	for i := range report.Deliveries {
		d := &report.Deliveries[i]
		out.Deliveries = append(out.Deliveries, web.DrillDelivery{Delivery: *d, Firing: report.Firing[d.ID]})
	}
	return out, nil
}
