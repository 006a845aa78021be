package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"alertd/internal/alert"
)

// Note tells every integration of a receiver something once, at once, and past
// the store: for what is no alert. The error says who did not hear it.
func (n *Notifier) Note(ctx context.Context, receiver string, note alert.Alert) error {
	setup := n.current()
	if setup == nil {
		return errors.New("there is no configuration yet")
	}
	targets := setup.Receivers[receiver]
	errs := make([]error, len(targets))
	var all sync.WaitGroup
	for i, target := range targets {
		all.Go(func() {
			if err := n.direct(ctx, setup, receiver, target, "note", alert.Content{Firing: []string{note.ID}}, []alert.Alert{note}); err != nil {
				errs[i] = fmt.Errorf("telling %s: %w", target.ID, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// direct makes a message and has the target's channel tell it, once. kind begins
// the message's identity.
func (n *Notifier) direct(
	ctx context.Context, setup *Setup, receiver string, target Target, kind string, content alert.Content, alerts []alert.Alert,
) error {
	now := time.Now()
	group := alert.Group{GroupRef: alert.GroupRef{Key: alert.GroupKey(kind + ":{}"), Receiver: receiver}}
	d := alert.Delivery{
		ID: fmt.Sprintf("%s-%x", kind, now.UnixNano()), Group: group.Key, Receiver: receiver, Integration: target.ID,
		Content: content, Reason: kind, CreatedAt: now,
	}
	box := newOutbox(n, target, setup.Templates)
	_, err := box.send(ctx, setup.Templates.Message(d, group, alerts, 0, "", now))
	return err
}

// Emergency tells straight from memory what the store does not take, so that a
// full disk keeps nobody uninformed. What it told is told again, by the ordinary
// way, once the store is back. One goroutine uses it.
type Emergency struct {
	notifier *Notifier
	silences alert.Silences // as last read
	since    time.Time      // what fired before it is known to people; zero: the store works
	boxes    map[string]*urgent
}

// urgent is what one integration was told in the emergency.
type urgent struct {
	tried time.Time // last
	told  map[string]alert.State
}

// emergencyInterval is the least time between two such messages to one
// integration.
const emergencyInterval = 30 * time.Second

// NewEmergency returns an Emergency that has told nothing.
func (n *Notifier) NewEmergency() *Emergency {
	return &Emergency{notifier: n, boxes: map[string]*urgent{}}
}

// Tell tells each integration what it was not told yet of the alerts that the
// store has not taken; none of them ends the emergency. It tells once the alert
// that nothing can be stored fires, and that alert to everybody who is told
// anything. Call it every few seconds.
func (e *Emergency) Tell(ctx context.Context, unstored []alert.Alert, now time.Time) {
	if len(unstored) == 0 {
		e.since, e.boxes = time.Time{}, map[string]*urgent{}
		return
	}
	if e.since.IsZero() {
		e.since = now.Add(-emergencyInterval) // what the store failed to take first had begun before
	}
	setup := e.notifier.current()
	declared := slices.ContainsFunc(unstored, func(a alert.Alert) bool { return a.State == alert.Firing && reason(&a) })
	if setup == nil || !declared {
		return
	}
	if silences, err := e.notifier.store.Silences(ctx); err == nil {
		e.silences = silences
	}
	var all sync.WaitGroup
	for receiver, targets := range setup.Receivers {
		alerts := e.meant(setup, receiver, unstored, now)
		for _, target := range targets {
			box := e.boxes[target.ID]
			if box == nil {
				box = &urgent{told: map[string]alert.State{}}
				e.boxes[target.ID] = box
			}
			content := e.news(box, target, alerts)
			if !content.Empty() && now.Sub(box.tried) >= emergencyInterval {
				box.tried = now
				all.Go(func() { e.send(ctx, setup, receiver, target, box, content, alerts) })
			}
		}
	}
	all.Wait()
}

// reason tells whether the alert says why there is an emergency.
func reason(a *alert.Alert) bool { return a.RuleID == alert.OwnRule(alert.StorageUnavailable) }

// meant returns the alerts that the receiver is to hear of, the reason first; none
// where it is to hear of none.
func (e *Emergency) meant(setup *Setup, receiver string, unstored []alert.Alert, now time.Time) []alert.Alert {
	var alerts, why []alert.Alert
	meant := false
	for _, a := range unstored {
		if a.State == alert.Pending || alert.DrillMark(a.Labels) != "" || len(e.silences.Matching(a.Labels, now)) > 0 {
			continue
		}
		routed := slices.ContainsFunc(setup.Route.Groups(a.Labels), func(g alert.GroupRef) bool { return g.Receiver == receiver })
		meant = meant || routed
		if reason(&a) {
			why = append(why, a)
		} else if routed {
			alerts = append(alerts, a)
		}
	}
	if !meant {
		return nil
	}
	return append(why, alerts...)
}

// news returns what to tell, where any of it is new: all that began to fire in the
// emergency, and the recoveries of what people heard of, then or before it.
func (e *Emergency) news(box *urgent, target Target, alerts []alert.Alert) alert.Content {
	var c alert.Content
	fresh := false
	for i := range alerts {
		a := &alerts[i]
		if a.Concerns(target.ID) || len(c.Firing)+len(c.Resolved) == maxAlerts {
			continue
		}
		before, old := box.told[a.ID], a.FiredAt.Before(e.since)
		switch {
		case a.State == alert.Firing && !old:
			c.Firing = append(c.Firing, a.ID)
		case a.State == alert.Resolved && target.Options.SendResolved && before != alert.Resolved && (before == alert.Firing || old):
			c.Resolved = append(c.Resolved, a.ID)
		default:
			continue
		}
		fresh = fresh || before != a.State
	}
	if !fresh {
		return alert.Content{}
	}
	return c
}

func (e *Emergency) send(
	ctx context.Context, setup *Setup, receiver string, target Target, box *urgent, content alert.Content, alerts []alert.Alert,
) {
	logger := e.notifier.logger.With("integration", target.ID)
	if err := e.notifier.direct(ctx, setup, receiver, target, "emergency", content, alerts); err != nil {
		logger.Error("Nothing can be stored, and telling so from memory failed; trying again", "err", Classify(err), "in", emergencyInterval)
		return
	}
	for _, id := range content.Firing {
		box.told[id] = alert.Firing
	}
	for _, id := range content.Resolved {
		box.told[id] = alert.Resolved
	}
	logger.Warn("Nothing can be stored: told from memory", "firing", len(content.Firing), "resolved", len(content.Resolved))
}
