package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

// searched is among how many of the newest deliveries a drill's are looked for.
const searched = 1000

// Report is a drill and whom it told.
type Report struct {
	Drill
	// Deliveries are those about the drill's alert, in the order of their making.
	Deliveries []alert.Delivery
	// Firing tells of a delivery, by id, that the alert fires in it, and not that
	// it recovered.
	Firing map[string]bool
	// Over says that the alert has recovered and nobody awaits word of it.
	Over bool
}

// Marked returns the labels that the drill's alert bears.
func (r *Report) Marked() alert.Labels { return r.marked }

// Report returns how far a drill has come.
func (d *Drills) Report(ctx context.Context, id string) (Report, error) {
	d.mu.Lock()
	drill := d.all[id]
	if drill == nil {
		d.mu.Unlock()
		return Report{}, ErrUnknown
	}
	r := Report{Drill: *drill, Firing: map[string]bool{}}
	d.mu.Unlock()
	if r.CommittedAt.IsZero() {
		return r, nil
	}
	all, err := d.Deliveries(ctx, searched)
	if err != nil {
		return r, fmt.Errorf("reading whom the drill told: %w", err)
	}
	for _, delivery := range slices.Backward(all) { // they come newest first
		if slices.Contains(r.groups, delivery.Group) && delivery.State != alert.DeliverySuperseded {
			r.Deliveries = append(r.Deliveries, delivery)
			r.Firing[delivery.ID] = slices.Contains(delivery.Content.Firing, r.alertID)
		}
	}
	r.Over, err = d.over(ctx, &r)
	return r, err
}

// over tells whether the drill's groups are gone: a group lives until everybody
// knows that its alerts have ended.
func (d *Drills) over(ctx context.Context, r *Report) (bool, error) {
	if r.RecoveredAt.IsZero() {
		return false, nil
	}
	for _, key := range r.groups {
		_, err := d.GroupView(ctx, key)
		if err == nil {
			return false, nil
		}
		if !errors.Is(err, alert.ErrNotFound) {
			return false, fmt.Errorf("reading the drill's group: %w", err)
		}
	}
	return true, nil
}

// Outcome is how a test went at one integration.
type Outcome struct {
	Integration string
	Err         string        // "" where it was delivered
	Took        time.Duration // from the request to the outcome
}

// lookEvery is how often a test looks for outcomes.
const lookEvery = 50 * time.Millisecond

// Test tells each of the receiver's integrations a marked alert, by the way of any
// alert but past silences and waiting times, and returns what came of each first
// attempt. What it left in the store is gone when it returns.
func (d *Drills) Test(ctx context.Context, receiver string, integrations []string, now time.Time) ([]Outcome, error) {
	test, err := d.begin("test-", Request{
		Labels: alert.LabelsFromStrings(alert.AlertName, testName, "severity", "info"),
		Annotations: alert.LabelsFromStrings(
			"summary", "This is a test of alertd",
			"description", "If you can read this, alertd can tell you. Nothing is wrong, and nobody else was told.",
		),
		Receiver: receiver,
	}, now)
	if err != nil {
		return nil, err
	}
	outcomes := d.await(ctx, test.ID, integrations)
	return outcomes, d.forget(context.WithoutCancel(ctx), test.ID)
}

// await returns the outcomes as far as there are any before ctx ends.
func (d *Drills) await(ctx context.Context, id string, integrations []string) []Outcome {
	outcomes := make([]Outcome, len(integrations))
	for i, name := range integrations {
		outcomes[i] = Outcome{Integration: name}
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		report, err := d.Report(ctx, id)
		waiting := 0
		for i := range outcomes {
			if outcomes[i].Took == 0 && !outcomes[i].learn(report) {
				waiting++
			}
		}
		if waiting == 0 {
			return outcomes
		}
		select {
		case <-ctx.Done():
			for i := range outcomes {
				if outcomes[i].Took == 0 {
					outcomes[i].Took, outcomes[i].Err = time.Since(report.StartedAt), unfinished(report, err)
				}
			}
			return outcomes
		case <-ticker.C:
		}
	}
}

// learn takes the outcome out of the report, and tells whether there is one.
func (o *Outcome) learn(r Report) bool {
	for i := range r.Deliveries {
		d := &r.Deliveries[i]
		switch {
		case d.Integration != o.Integration:
		case d.State == alert.DeliveryDelivered:
			o.Took, o.Err = max(1, d.FinishedAt.Sub(r.StartedAt)), d.LastError
			return true
		case d.LastError != "":
			o.Took, o.Err = max(1, time.Since(r.StartedAt)), d.LastError
			return true
		}
	}
	return false
}

// unfinished says how far a test came that has no outcome in time.
func unfinished(r Report, err error) string {
	switch {
	case err != nil && r.StartedAt.IsZero(), r.EvaluatedAt.IsZero():
		return "not evaluated in time: alertd is still starting"
	case r.CommittedAt.IsZero():
		return "the test alert could not be stored in time"
	case len(r.Deliveries) == 0:
		return "not planned in time: nothing is told before the first evaluation of every rule"
	default:
		return "no outcome in time: the channel does not answer, or others wait before it"
	}
}

// forget removes what a test left, and keeps its alert's end out of the store.
func (d *Drills) forget(ctx context.Context, id string) error {
	d.mu.Lock()
	if test := d.all[id]; test != nil {
		test.forgotten = true
	}
	d.mu.Unlock()
	err := d.ForgetDirect(ctx, string(directKey(id)))
	return joinEnd(err, d.End(id, time.Now()))
}

// Sweep forgets the tests that an earlier run of alertd could not.
func (d *Drills) Sweep(ctx context.Context) error {
	return d.ForgetDirect(ctx, alert.DirectRoute+"/test-")
}

func joinEnd(forgetting, ending error) error {
	if forgetting != nil {
		return fmt.Errorf("forgetting the test: %w", forgetting)
	}
	return ending
}
