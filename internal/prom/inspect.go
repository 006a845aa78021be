package prom

import (
	"context"
	"encoding/json"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// The questions that look at rules rather than evaluate them. Their errors are
// those of Query.

// inspect runs one question with the client's timeout.
func inspect[T any](ctx context.Context, c *Client, ask func(context.Context, v1.API, *exchange) (T, error)) (T, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{client: c, limit: c.limit}
	answer, err := ask(limited, v1.NewAPI(x), x)
	if err != nil {
		var none T
		return none, c.explain(ctx, err, x.status)
	}
	return answer, nil
}

// Cost is what evaluating an expression takes.
type Cost struct {
	Samples int64 // that it reads, however often
	Took    time.Duration
}

// Cost evaluates an expression at ts and tells what that took of the server.
func (c *Client) Cost(ctx context.Context, expr string, ts time.Time) (Cost, error) {
	return inspect(ctx, c, func(ctx context.Context, api v1.API, x *exchange) (Cost, error) {
		if _, _, _, err := api.Query(ctx, expr, ts, v1.WithStats(v1.AllStatsValue), v1.WithTimeout(serverTimeout(c.timeout))); err != nil {
			return Cost{}, err
		}
		var answer struct {
			Data struct {
				Stats struct {
					Timings struct {
						Seconds float64 `json:"evalTotalTime"`
					} `json:"timings"`
					Samples struct {
						Total int64 `json:"totalQueryableSamples"`
					} `json:"samples"`
				} `json:"stats"`
			} `json:"data"`
		}
		if err := json.Unmarshal(x.answer.rest, &answer); err != nil {
			return Cost{}, unreachable("its answer cannot be read: %v", err)
		}
		s := answer.Data.Stats
		return Cost{Samples: s.Samples.Total, Took: time.Duration(s.Timings.Seconds * float64(time.Second))}, nil
	})
}

// Types returns the types that a metric's metadata tells, such as counter; none
// where the server knows nothing of it.
func (c *Client) Types(ctx context.Context, metric string) ([]string, error) {
	return inspect(ctx, c, func(ctx context.Context, api v1.API, _ *exchange) ([]string, error) {
		all, err := api.Metadata(ctx, metric, "")
		if err != nil {
			return nil, err
		}
		var types []string
		for _, m := range all[metric] {
			types = append(types, string(m.Type))
		}
		return types, nil
	})
}

// Target is what is scraped.
type Target struct{ Job, Instance string }

// ScrapeIntervals returns how often each target is scraped.
func (c *Client) ScrapeIntervals(ctx context.Context) (map[Target]time.Duration, error) {
	return inspect(ctx, c, func(ctx context.Context, api v1.API, _ *exchange) (map[Target]time.Duration, error) {
		targets, err := api.Targets(ctx)
		if err != nil {
			return nil, err
		}
		out := map[Target]time.Duration{}
		for _, t := range targets.Active {
			if d, err := model.ParseDuration(t.DiscoveredLabels["__scrape_interval__"]); err == nil {
				out[Target{Job: string(t.Labels["job"]), Instance: string(t.Labels["instance"])}] = time.Duration(d)
			}
		}
		return out, nil
	})
}

// Times returns, for each series of an expression's result, the moments from
// start to end, step apart, at which it has a value.
func (c *Client) Times(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([][]time.Time, error) {
	return inspect(ctx, c, func(ctx context.Context, api v1.API, x *exchange) ([][]time.Time, error) {
		value, warnings, _, err := api.QueryRange(ctx, expr, v1.Range{Start: start, End: end, Step: step}, v1.WithTimeout(serverTimeout(c.timeout)))
		if err != nil {
			return nil, err
		}
		if err := checkComplete(x.answer.partial, warnings); err != nil {
			return nil, err
		}
		matrix, ok := value.(model.Matrix)
		if !ok {
			return nil, rejected("the expression gives a %s, not a vector or scalar", value.Type())
		}
		out := make([][]time.Time, len(matrix))
		for i, series := range matrix {
			for _, p := range series.Values {
				out[i] = append(out[i], p.Timestamp.Time())
			}
			for _, p := range series.Histograms {
				out[i] = append(out[i], p.Timestamp.Time())
			}
		}
		return out, nil
	})
}
