package batch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules/batch"
)

// singly is what one expression gives when it is asked alone.
type singly struct {
	answer []string
	err    error
}

// comparison counts what was compared.
type comparison struct {
	server           *server
	ts               time.Time
	asked, united    int // expressions answered together; of them, by one selector with others
	requests, failed int
	elements         int
}

// TestExact holds the answers to questions asked together to the answers to
// the same questions asked singly, by Prometheus's own engine, for thousands of
// random expressions: each family of alike ones by itself, and then all that
// are answered at all joined.
func TestExact(t *testing.T) {
	c := comparison{server: newServer(t, everything()), ts: time.Unix(700, 0)}
	rounds := uint64(200)
	if testing.Short() {
		rounds = 40
	}
	for round := range rounds {
		alone := map[string]singly{}
		var good []string
		for i := range uint64(6) {
			exprs := family(round*100+i, 2+i%4)
			for _, e := range exprs {
				samples, err := c.server.query(t.Context(), e, c.ts)
				alone[e] = singly{describe(samples), err}
				if err == nil {
					good = append(good, e)
				}
			}
			c.compare(t, exprs, alone)
		}
		c.compare(t, good, alone)
	}
	t.Logf("%+v", c)
	if c.failed*20 > c.requests || c.united*20 < c.asked {
		t.Errorf("of %d requests %d failed, and %d of %d expressions were united: that proves little", c.requests, c.failed, c.united, c.asked)
	}
}

func (c *comparison) compare(t *testing.T, exprs []string, alone map[string]singly) {
	t.Helper()
	for _, r := range new(batch.Planner).Plan(exprs) {
		samples, err := c.server.query(t.Context(), r.Expr, c.ts)
		refused := slices.ContainsFunc(r.Members, func(i int) bool { return alone[exprs[i]].err != nil })
		if refused {
			if err == nil {
				t.Fatalf("answered together, but refused alone:\n%s", r.Expr)
			}
			continue
		}
		c.requests++
		if err != nil {
			c.failed++
			if !mayFailTogether(err) {
				t.Fatalf("asked together: %v\n%s", err, r.Expr)
			}
			continue
		}
		parts, err := r.Split(samples)
		if err != nil {
			t.Fatalf("%v\n%s", err, r.Expr)
		}
		c.asked += len(r.Members)
		c.elements += len(samples)
		if sent := strings.Count(r.Expr, `, "__alertd_rule__", "`); len(r.Members) > max(sent, 1) {
			c.united += len(r.Members) - max(sent, 1)
		}
		for i, member := range r.Members {
			if got, want := describe(parts[i]), alone[exprs[member]].answer; !slices.Equal(got, want) {
				t.Fatalf("%s\ntogether %q\nsingly   %q\nasked %s", exprs[member], got, want, r.Expr)
			}
		}
	}
}

// mayFailTogether: what is well alone may fail in company where Prometheus
// looks at more series than it needs; then each is asked alone.
func mayFailTogether(err error) bool {
	return errors.Is(err, errIncomplete) || strings.Contains(err.Error(), "many-to-many") ||
		strings.Contains(err.Error(), "multiple matches") || strings.Contains(err.Error(), "same labelset") ||
		strings.Contains(err.Error(), "duplicate series")
}

// describe rounds: Prometheus adds up series in no certain order, so that the
// last digits differ even between two answers to one question.
func describe(samples []alert.Sample) []string {
	out := make([]string, len(samples))
	for i, s := range samples {
		out[i] = fmt.Sprintf("%s %.12g", s.Labels, s.Value)
	}
	slices.Sort(out)
	return out
}
