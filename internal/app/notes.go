package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

const (
	noteTries = 3
	noteRetry = 10 * time.Second
	// stopPatience bounds how long telling that alertd stops may hold that up.
	stopPatience = 5 * time.Second
)

// beginRun saves that alertd runs, and returns its run before.
func (a *app) beginRun(ctx context.Context) (before alert.Run, err error) {
	a.startedAt = time.Now()
	if before, err = a.store.LastRun(ctx); err != nil {
		return before, err
	}
	if err := a.drills.Sweep(ctx); err != nil {
		a.Logger.Error("Tests of an earlier run are not forgotten", "err", err)
	}
	if killed(before) {
		a.Logger.Warn("alertd had been killed", "alive_until", before.AliveAt, "away_for", a.startedAt.Sub(before.AliveAt))
	}
	// Should it fail, the checks say so.
	_ = a.storage.Saved(ctx, alert.Run{StartedAt: a.startedAt, AliveAt: a.startedAt})
	return before, nil
}

// killed tells whether a run did not end by itself.
func killed(before alert.Run) bool { return !before.StartedAt.IsZero() && before.StoppedAt.IsZero() }

// endRun saves that alertd stops, and tells those who want to know.
func (a *app) endRun(ctx, ended context.Context, err error) {
	now := time.Now()
	if saveErr := a.storage.Saved(ctx, alert.Run{StartedAt: a.startedAt, AliveAt: now, StoppedAt: now}); saveErr != nil {
		a.Logger.Error("It could not be stored that alertd stops", "err", saveErr)
	}
	p := a.current.plan()
	if !p.config.Notes.Stop {
		return
	}
	why := strings.NewReplacer("terminated signal received", "SIGTERM", "interrupt signal received", "SIGINT").Replace(context.Cause(ended).Error())
	if err != nil {
		why = err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	note := a.note("AlertdStopped", fmt.Sprintf("alertd %s on %s stopped (%s)", a.Version.Version, hostname(), why),
		fmt.Sprintf("It had run for %s. Until it is started again nothing is watched.", lasting(now.Sub(a.startedAt))))
	if err := a.notifier.Note(ctx, p.config.Notes.Receiver, note); err != nil {
		a.Logger.Error("Nobody could be told that alertd stops", "err", err)
	}
}

// noteStart tells those who want to know that alertd has started, once it knows
// how things are.
func (a *app) noteStart(ctx context.Context, before alert.Run) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.engine.Ready():
	}
	p := a.current.plan()
	if !p.config.Notes.Start {
		return nil
	}
	note := a.note("AlertdStarted", a.startedWords(), a.beforeWords(before))
	for try := 1; ; try++ {
		err := a.notifier.Note(ctx, p.config.Notes.Receiver, note)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		a.Logger.Warn("Not everybody could be told that alertd has started", "err", err, "try", try)
		if try == noteTries {
			return nil
		}
		timer := time.NewTimer(noteRetry)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// startedWords says that alertd started, what it watches, and how that is.
func (a *app) startedWords() string {
	jobs, rules, _ := a.current.plan().counts()
	var firing []string
	total := 0
	for _, g := range a.engine.Groups() {
		for _, r := range g.Rules {
			if total += r.Firing; r.Firing > 0 && !slices.Contains(firing, r.Name) {
				firing = append(firing, r.Name)
			}
		}
	}
	how := "nothing is firing"
	if total > 0 {
		const most = 5
		how = fmt.Sprintf("%s firing: %s", plural(total, "alert is", "alerts are"), strings.Join(firing[:min(most, len(firing))], ", "))
	}
	return fmt.Sprintf("alertd %s started on %s: watching %s, %s; %s", a.Version.Version, hostname(),
		plural(jobs, "job", "jobs"), plural(rules, "rule", "rules"), how)
}

// beforeWords says what became of the run before.
func (a *app) beforeWords(before alert.Run) string {
	switch {
	case before.StartedAt.IsZero():
		return "It is its first start with this storage."
	case killed(before):
		return fmt.Sprintf("It had been killed: it was away from %s, give or take %s, to %s (%s).",
			a.moment(before.AliveAt), aliveEvery, a.moment(a.startedAt), lasting(a.startedAt.Sub(before.AliveAt)))
	default:
		return fmt.Sprintf("It had been stopped at %s, %s ago.", a.moment(before.StoppedAt), lasting(a.startedAt.Sub(before.StoppedAt)))
	}
}

func (a *app) moment(t time.Time) string {
	return t.In(a.current.plan().config.Timezone).Format("2006-01-02 15:04:05 MST")
}

func lasting(d time.Duration) string { return max(0, d).Round(time.Second).String() }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// hostname is the host's name for people.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "a host without a name"
	}
	return name
}

// note makes something to tell that is no alert.
func (a *app) note(name, summary, description string) alert.Alert {
	now := time.Now()
	labels := alert.LabelsFromStrings(alert.AlertName, name, "severity", "info", "component", "alertd")
	return alert.Alert{
		ID: alert.NewID(name, labels, now), RuleID: alert.OwnRule(name), Labels: labels, State: alert.Firing,
		Annotations: alert.LabelsFromStrings("summary", summary, "description", description),
		Value:       1, Unit: alert.Presence, ActiveAt: now, FiredAt: now, UpdatedAt: now,
	}
}
