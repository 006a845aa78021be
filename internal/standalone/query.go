package standalone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"alertd/internal/alert"
)

// Why a question has no answer, as far as callers must know.
var (
	// ErrUnavailable: the storage failed or took too long, for others too.
	ErrUnavailable = errors.New("the time series are unavailable")
	// ErrRejected: the query itself is at fault.
	ErrRejected = errors.New("the query was rejected")
	// ErrPartial: there is an answer, but PromQL warns that it may be wrong.
	ErrPartial = errors.New("the answer may be incomplete")
)

// queryError is a failure that tells whose fault it is.
type queryError struct {
	kind, cause error
}

func (e *queryError) Error() string   { return fmt.Sprintf("%v: %v", e.kind, e.cause) }
func (e *queryError) Unwrap() []error { return []error{e.kind, e.cause} }

// Rejected tells whether the query itself is at fault, for callers that know
// only this method.
func (e *queryError) Rejected() bool { return !errors.Is(e.kind, ErrUnavailable) }

// Query returns the value of an expression at ts: one sample per element of a
// vector, or a scalar as one sample without labels. An error is ErrUnavailable, ErrRejected or ErrPartial by errors.Is, or
// context.Canceled where ctx was cancelled.
func (s *Standalone) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, &queryError{ErrUnavailable, errors.New("already closed")}
	}
	query, err := s.engine.NewInstantQuery(ctx, s.db, nil, expr, ts)
	if err != nil {
		return nil, &queryError{ErrRejected, err}
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return nil, classify(ctx, result.Err)
	}
	if warnings, _ := result.Warnings.AsStrings(expr, 0, 0); len(warnings) > 0 {
		return nil, &queryError{ErrPartial, errors.New(strings.Join(warnings, "; "))}
	}
	return samplesOf(result)
}

func classify(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("querying the time series: %w", context.Canceled)
	}
	if _, slow := errors.AsType[promql.ErrQueryTimeout](err); slow || ctx.Err() != nil {
		return &queryError{ErrUnavailable, fmt.Errorf("%w: %w", err, context.DeadlineExceeded)}
	}
	if _, broken := errors.AsType[promql.ErrStorage](err); broken {
		return &queryError{ErrUnavailable, err}
	}
	return &queryError{ErrRejected, err}
}

func samplesOf(result *promql.Result) ([]alert.Sample, error) {
	switch v := result.Value.(type) {
	case promql.Vector:
		samples := make([]alert.Sample, 0, len(v))
		for _, element := range v {
			sample := alert.Sample{Labels: labelsOf(element.Metric), Value: element.F}
			if element.H != nil {
				sample.Histogram = element.H.String()
			}
			samples = append(samples, sample)
		}
		return samples, nil
	case promql.Scalar:
		return []alert.Sample{{Value: v.V}}, nil
	default:
		return nil, &queryError{ErrRejected, fmt.Errorf("the expression gives a %s, not a vector or scalar", v.Type())}
	}
}

// labelsOf copies: the engine's strings may share memory that goes with the
// block they came from.
func labelsOf(ls labels.Labels) alert.Labels {
	out := make(alert.Labels, 0, ls.Len())
	ls.Range(func(l labels.Label) {
		out = append(out, alert.Label{Name: strings.Clone(l.Name), Value: strings.Clone(l.Value)})
	})
	return out
}
