package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

const (
	childPlace  = "ALERTD_STORETEST_PLACE"
	childRun    = "ALERTD_STORETEST_RUN"
	kills       = 30
	killedBurst = 7 // alerts in one evaluation
)

// Child does nothing, except in a process that the test of kills started: there
// it writes to the store until it is killed, and prints what it was promised.
func Child(b Backend) {
	place := os.Getenv(childPlace)
	if place == "" {
		return
	}
	err := writeForEver(context.Background(), b, place, os.Getenv(childRun))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func writeForEver(ctx context.Context, b Backend, place, run string) error {
	s, err := b.Open(ctx, place)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%d", run, i)
		g := ref(alert.GroupKey("group-" + run))
		e := alert.Evaluation{Group: "g", At: at(0), Touched: map[string][]alert.GroupRef{}}
		for _, id := range numbered(name+"-%d", killedBurst) {
			e.Upserts = append(e.Upserts, newAlert(id, alert.Firing, at(0)))
			e.Touched[id] = []alert.GroupRef{g}
		}
		if err := s.CommitEvaluation(ctx, &e); err != nil {
			return err
		}
		fmt.Println("alerts", name)

		if err := s.SaveSilences(ctx, at(0), alert.Silence{ID: name, StartsAt: at(0), EndsAt: at(1)}); err != nil {
			return err
		}
		fmt.Println("silence", name)

		v, err := s.GroupView(ctx, g.Key)
		if err != nil {
			return err
		}
		d := newDelivery(0, g.Key, name, "mail")
		d.Content.Firing = []string{e.Upserts[0].ID}
		p := alert.PlanResult{Key: g.Key, Revision: v.Revision, Create: []alert.Delivery{d}}
		if err := s.CommitPlan(ctx, &p); err != nil {
			return err
		}
		fmt.Println("delivery", name)

		d.State = alert.DeliveryDelivered
		if err := s.CommitDelivery(ctx, &d, at(1)); err != nil {
			return err
		}
		fmt.Println("told", name)
	}
}

// testKill kills a process that writes, again and again, and looks whether
// everything that it was promised is there, and nothing by halves.
func testKill(t *testing.T, b Backend) {
	s := &fixture{t: t, backend: b, place: b.Place(t)}
	promised := 0
	for run := range kills {
		lines := s.killed(fmt.Sprint(run))
		promised += len(lines)
		s.open()
		s.verify(fmt.Sprint(run), lines)
		s.check("closing", s.Close())
		if t.Failed() {
			t.Fatalf("in run %d, after %d promises", run, len(lines))
		}
	}
	t.Logf("%d kills, %d promises kept", kills, promised)
}

// killed runs a process that is killed at a random moment, and returns what it
// printed.
func (s *fixture) killed(run string) []string {
	s.t.Helper()
	program, err := os.Executable()
	s.check("finding this program", err)
	child := exec.CommandContext(s.t.Context(), program)
	child.Env = append(os.Environ(), childPlace+"="+s.place, childRun+"="+run)
	var complaint strings.Builder
	child.Stderr = &complaint
	out, err := child.StdoutPipe()
	s.check("making a pipe", err)
	s.check("starting a process", child.Start())
	// Half of them after so many promises, half at any time, opening included.
	enough := 1 + rand.IntN(60)
	if rand.IntN(2) == 0 {
		enough = 1e6
		defer time.AfterFunc(rand.N(150*time.Millisecond), func() { _ = child.Process.Kill() }).Stop()
	}
	var lines []string
	for in := bufio.NewScanner(out); in.Scan(); {
		lines = append(lines, in.Text())
		if len(lines) == enough {
			s.check("killing the process", child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil || complaint.Len() > 0 {
		s.t.Fatalf("the process ended by itself (%v): %s", err, complaint.String())
	}
	return lines
}

// verify looks for everything that a run was promised.
func (s *fixture) verify(run string, lines []string) {
	s.t.Helper()
	v, err := s.GroupView(s.t.Context(), alert.GroupKey("group-"+run))
	if errors.Is(err, store.ErrNotFound) && len(lines) == 0 {
		return
	}
	s.check("reading the group", err)
	bursts := map[string]int{}
	for _, id := range ids(v.Alerts) {
		bursts[id[:strings.LastIndexByte(id, '-')]]++
	}
	for name, n := range bursts {
		if n != killedBurst {
			s.t.Errorf("%d of %d alerts of evaluation %s were kept", n, killedBurst, name)
		}
	}
	active, err := s.ActiveAlerts(s.t.Context())
	s.check("reading alerts", err)
	known := map[string]bool{}
	for i := range active {
		known[active[i].ID] = true
	}
	all, err := s.Deliveries(s.t.Context(), 1e6)
	s.check("reading deliveries", err)
	states := map[string]alert.DeliveryState{}
	for i := range all {
		states[all[i].ID] = all[i].State
	}
	for _, line := range lines {
		kind, name, _ := strings.Cut(line, " ")
		kept := false
		switch kind {
		case "alerts":
			kept = bursts[name] == killedBurst && known[name+"-0"]
		case "silence":
			_, err := s.Silence(s.t.Context(), name)
			kept = err == nil
		case "delivery":
			kept = states[name] != ""
		case "told":
			kept = states[name] == alert.DeliveryDelivered && len(v.Told) == 1
		}
		if !kept {
			s.t.Errorf("promised and not kept: %s", line)
		}
	}
}
