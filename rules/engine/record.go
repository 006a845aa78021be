package engine

import (
	"context"
	"errors"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// Recorder keeps what recording rules give, so that the rules after them, and
// those of later evaluations, find it.
type Recorder interface {
	// Record keeps the samples as all that the rule of that id gives at ts: what
	// it gave before and gives no more has ended.
	Record(ctx context.Context, rule string, samples []alert.Sample, ts time.Time) error
	// Retain ends what every rule gave that is not among the known ids.
	Retain(ctx context.Context, known map[string]bool) error
}

// recordResults evaluates a recording rule: its results can be asked for when
// this returns. An error leaves what it gave before as it was.
func (r *runner) recordResults(ctx context.Context, rule *rules.Rule, ts time.Time) error {
	recorder := r.engine.o.Recorder
	if recorder == nil {
		return errors.New("recording rules are evaluated only where alertd measures by itself")
	}
	at := ts.Add(-r.group.QueryOffset)
	results, err := r.engine.query(ctx, rule.Expr(at), at)
	if err != nil {
		return err
	}
	series, err := rule.Recorded(results)
	if err != nil {
		return err
	}
	return recorder.Record(ctx, rule.ID, series, at)
}

// retainRecordings ends the series of recording rules that are gone. As in
// Prometheus the first evaluation without them still finds them: a rule in their
// place may give the same.
func (e *Engine) retainRecordings(ctx context.Context, known map[string]bool) {
	if e.o.Recorder == nil {
		return
	}
	if err := e.o.Recorder.Retain(ctx, known); err != nil {
		e.o.Logger.Warn("The series of removed recording rules could not be ended; they stand still for some minutes", "err", err)
	}
}
