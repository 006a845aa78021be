package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

const (
	shownSilences = 100
	shownMatches  = 5
	shownEvents   = 20
	readEvents    = 200 // to find so many that are about an alert
	eventsFor     = 24 * time.Hour
	// longWait is when a message that waits its turn becomes worth showing.
	longWait = time.Minute
)

// silenceView is a silence that holds or will.
type silenceView struct {
	ID                 string
	State              alert.SilenceState
	Matchers           []string
	By, Comment        string
	Starts, Ends       stampView
	Left               string   // until it begins, or ends
	Matches            int      // alerts that are active now
	Names              []string // of some of them
	SilencesEverything bool
	UntilResolved      bool
	Recurring          bool
}

func (v *pageView) addSilences(alerts []alert.Alert, silences alert.Silences) {
	sorted := slices.Clone(silences)
	sortSilences(sorted, v.now)
	for i := range sorted {
		sil := &sorted[i]
		state := sil.StateAt(v.now)
		if state == alert.SilenceExpired {
			break // the rest has ended too
		}
		if len(v.Silences) == shownSilences {
			v.MoreSilences++
			continue
		}
		until := sil.EndsAt
		if state == alert.SilencePending {
			until = sil.StartsAt
		}
		view := silenceView{
			ID: sil.ID, State: state, By: clip(sil.CreatedBy, shortText), Comment: clip(sil.Comment, longText),
			Starts: v.stamp(sil.StartsAt), Ends: v.stamp(sil.EndsAt), Left: lasting(until.Sub(v.now)),
			SilencesEverything: sil.Matchers.MatchesEmpty(), UntilResolved: sil.UntilResolved(), Recurring: sil.Recurring() != "",
		}
		for _, m := range sil.Matchers {
			view.Matchers = append(view.Matchers, clip(m.String(), longText))
		}
		for i := range alerts {
			if !sil.Matchers.Matches(alerts[i].Labels) {
				continue
			}
			view.Matches++
			if name := clip(alerts[i].Name(), shortText); len(view.Names) < shownMatches && !slices.Contains(view.Names, name) {
				view.Names = append(view.Names, name)
			}
		}
		v.Silences = append(v.Silences, view)
	}
}

// groupView is a group of rules and how evaluating it goes.
type groupView struct {
	Name, Interval, Took string
	Last                 string // how long ago, or "not yet"
	Rules, Alerts        int
	Failing              bool
}

// ruleView is a rule that fails.
type ruleView struct{ Group, Name, Error string }

func (v *pageView) addRuleGroups(groups []RuleGroupStatus) {
	for _, g := range groups {
		view := groupView{
			Name: g.Name, Interval: lasting(g.Interval), Last: "not yet",
			Took: g.Duration.Round(10 * time.Microsecond).String(), Rules: len(g.Rules),
		}
		if !g.LastEvaluation.IsZero() {
			view.Last = v.ago(g.LastEvaluation) + " ago"
		}
		for _, r := range g.Rules {
			view.Alerts += r.Alerts
			if r.Health == "err" {
				view.Failing = true
				v.Failing = append(v.Failing, ruleView{g.Name, r.Name, clip(cmp.Or(r.LastError, "it does not say why"), longText)})
			}
		}
		v.Groups = append(v.Groups, view)
	}
}

// deliveryView is a message that did not get through.
type deliveryView struct {
	State       string // retrying, refused or expired
	Receiver    string
	Integration string
	Group       string
	What        string // firing and resolved alerts
	Error       string
	Attempts    int
	At          stampView // when the next attempt is, or when it ended
}

// queueView is what waits for one integration.
type queueView struct {
	Integration string
	Due         int
	Oldest      string // how long the oldest has waited
}

// addDeliveries adds what is being tried again, what ended without being told
// within the last day, and how much waits.
func (v *pageView) addDeliveries(ctx context.Context, store Store) error {
	dead, err := store.Deliveries(ctx, shownDeliveries, alert.DeliveryDead, alert.DeliveryExpired)
	if err != nil {
		return err
	}
	due, err := store.Deliveries(ctx, shownDeliveries, alert.DeliveryDue)
	if err != nil {
		return err
	}
	queue, err := store.Queue(ctx)
	if err != nil {
		return err
	}
	retrying := map[string]int{}
	for i := range due {
		if due[i].Attempts > 0 { // the others wait their turn
			retrying[due[i].Integration]++
			v.Deliveries = append(v.Deliveries, v.deliveryView(&due[i], "retrying", due[i].NextAttemptAt))
		}
	}
	for i := range dead {
		if d := &dead[i]; v.now.Sub(d.FinishedAt) <= eventsFor {
			state := "refused"
			if d.State == alert.DeliveryExpired {
				state = "expired"
			}
			v.Deliveries = append(v.Deliveries, v.deliveryView(d, state, d.FinishedAt))
		}
	}
	for _, q := range queue {
		if waited := v.now.Sub(q.Oldest); q.Due > retrying[q.Integration] && waited >= longWait {
			v.Queue = append(v.Queue, queueView{q.Integration, q.Due, lasting(waited)})
		}
	}
	return nil
}

func (v *pageView) deliveryView(d *alert.Delivery, state string, at time.Time) deliveryView {
	return deliveryView{
		State: state, Receiver: d.Receiver, Integration: d.Integration, Group: clip(string(d.Group), longText),
		What:  fmt.Sprintf("%d firing, %d resolved", len(d.Content.Firing), len(d.Content.Resolved)),
		Error: clip(d.LastError, longText), Attempts: d.Attempts, At: v.stamp(at),
	}
}

// eventView is one line of history.
type eventView struct {
	At           stampView
	Kind         alert.EventKind
	Name, Detail string
	Where        []alert.Label
}

// addEvents adds what became of alerts; what was decided and delivered of it
// would hide that in its number.
func (v *pageView) addEvents(events []alert.Event) {
	for i := range events {
		e := &events[i]
		if e.AlertID == "" || len(v.Events) == shownEvents {
			continue
		}
		v.Events = append(v.Events, eventView{
			At: v.stamp(e.At), Kind: e.Kind, Name: clip(e.Labels.Get(alert.AlertName), shortText), Detail: clip(e.Detail, longText), Where: where(e.Labels),
		})
	}
}
