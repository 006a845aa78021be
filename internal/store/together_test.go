package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/store"
)

// Those who wait for the one who writes share a transaction, of limited size;
// one that gave up waiting is not part of it.
func TestWaitingOperationsShareATransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		ctx := context.WithoutCancel(t.Context())
		s, err := store.Open(ctx, store.Options{Path: t.TempDir(), Registerer: reg})
		if err != nil {
			t.Fatal(err)
		}
		release, err := store.Hold(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		const n = 100
		errs := make(chan error, n+1)
		commit := func(ctx context.Context, id string, count int) {
			e := alert.Evaluation{Group: "g", At: noon()}
			for i := range count {
				e.Upserts = append(e.Upserts, alert.Alert{ID: fmt.Sprint(id, "-", i), State: alert.Firing})
			}
			errs <- s.CommitEvaluation(ctx, &e)
		}
		impatient, leave := context.WithCancel(ctx)
		go commit(impatient, "impatient", 1)
		for i := range n {
			go commit(ctx, fmt.Sprint(i), 1)
		}
		synctest.Wait()
		leave()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up waiting got %v", err)
		}
		release()
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		expectTransactions(t, reg, 1)
		if active, err := s.ActiveAlerts(ctx); err != nil || len(active) != n {
			t.Errorf("%d alerts, error %v", len(active), err)
		}

		// A large operation has a transaction of its own.
		if release, err = store.Hold(ctx, s); err != nil {
			t.Fatal(err)
		}
		for _, count := range []int{1, 5000, 1} {
			go commit(ctx, "large", count)
			synctest.Wait()
		}
		release()
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		expectTransactions(t, reg, 4)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func expectTransactions(t *testing.T, reg *prometheus.Registry, want float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "alertd_store_transactions_total" {
			if got := f.GetMetric()[0].GetCounter().GetValue(); got != want {
				t.Errorf("%v transactions, want %v", got, want)
			}
			return
		}
	}
	t.Error("transactions are not counted")
}
