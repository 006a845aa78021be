package check

import (
	"context"

	"alertd/internal/invalid"
	"alertd/rules"
	"alertd/rules/lint/live"
)

// Source is what built-in rules feed on.
type Source struct {
	Absent  rules.Expression // has a result where there is nothing to feed on
	Where   invalid.Finding  // what says so in the configuration
	Problem string
	Mend    string
}

// Feed adds the sources that Prometheus does not have. An error says that it
// could not be asked.
func (r *Report) Feed(ctx context.Context, sources []Source, request Request) error {
	prometheus, err := open(request.Prometheus)
	if err != nil {
		return err
	}
	defer prometheus.Close()
	for _, s := range sources {
		samples, err := prometheus.Query(ctx, s.Absent(request.Now), request.Now)
		if err != nil {
			return err
		}
		if len(samples) > 0 {
			r.Findings = append(r.Findings, live.NoSource(s.Where, s.Problem, s.Mend))
		}
	}
	return nil
}
