package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alertd/rules"
)

// A recording rule that fails is told of like any other, in words of its own.
func TestEngineRecordingRuleFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{}
		e, stop := running(t, store, q, testSetup(&rules.Rule{ID: "r", Name: "job:sum", Record: "job:sum", Expr: rules.Fixed("sum(x)")}))
		defer stop()
		pass(3 * time.Minute)
		if got := e.Groups()[0].Rules[0]; !got.Recording || !strings.Contains(got.LastError, "measures by itself") {
			t.Errorf("status %+v", got)
		}
		if got := store.told(); got != "RuleFailing firing" {
			t.Errorf("told %q", got)
		}
		for _, a := range store.rows {
			if got := a.Annotations.Get("description"); !strings.HasPrefix(got, "It records nothing") {
				t.Errorf("described as %q", got)
			}
		}
	})
}
