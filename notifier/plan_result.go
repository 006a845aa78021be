package notifier

import (
	"fmt"
	"hash/fnv"
	"time"

	"alertd/internal/alert"
)

// Reason says why an integration is told something, or is not.
type Reason string

// The reasons for telling; the first five in Alertmanager's words.
const (
	ReasonFirst        Reason = "first notification"
	ReasonFiring       Reason = "new alerts added"
	ReasonRecovered    Reason = "some alerts resolved"
	ReasonAllRecovered Reason = "all alerts resolved"
	ReasonRepeat       Reason = "repeat interval elapsed"
	ReasonUnsilenced   Reason = "still firing after a silence ended"
	ReasonUninhibited  Reason = "still firing after what inhibited it ended"
)

// The reasons for not telling.
const (
	ReasonWaiting      Reason = "waiting for the group"
	ReasonDeduplicated Reason = "already told"
	ReasonSilenced     Reason = "silenced"
	ReasonInhibited    Reason = "inhibited"
	ReasonMuted        Reason = "muted"
	ReasonAcknowledged Reason = "acknowledged"
	ReasonUnderWay     Reason = "a delivery is under way"
	ReasonRetired      Reason = "its route is gone from the configuration"
	ReasonNothing      Reason = "nothing to tell"
)

// Decision is what Plan decided for one integration, and why.
type Decision struct {
	Integration string
	Reason      Reason
	Detail      string    // by which time intervals, or by whom
	Until       time.Time // when the decision may change by itself; zero: only by an event
	Delivery    string    // the delivery made or under way, if any
}

func (p *planner) told(integration string) alert.Told {
	for _, t := range p.in.View.Told {
		if t.Integration == integration {
			return t
		}
	}
	return alert.Told{}
}

func (p *planner) open(integration string) *alert.Delivery {
	for i := range p.in.View.Open {
		if p.in.View.Open[i].Integration == integration {
			return &p.in.View.Open[i]
		}
	}
	return nil
}

// newDelivery makes a delivery; one that overtakes an open delivery inherits
// its place in the retry schedule, as the destination is no healthier for it.
func (p *planner) newDelivery(i Integration, open *alert.Delivery, content alert.Content, reason Reason) alert.Delivery {
	d := alert.Delivery{
		ID:            deliveryID(p.in.View.Key, i.ID, p.in.View.Revision, p.in.Now),
		Group:         p.in.View.Key,
		Receiver:      p.in.View.Receiver,
		Integration:   i.ID,
		Content:       content,
		Reason:        string(reason),
		State:         alert.DeliveryDue,
		CreatedAt:     p.in.Now,
		NextAttemptAt: p.in.Now,
		ExpiresAt:     p.in.Now.Add(p.in.Expiry),
	}
	if open != nil {
		p.out.Supersede = append(p.out.Supersede, open.ID)
		d.NextAttemptAt, d.Attempts, d.LastError = open.NextAttemptAt, open.Attempts, open.LastError
	}
	return d
}

// deliveryID is computed, not drawn, so that planning stays pure; the moment
// and the group's revision keep two deliveries apart. They sort by time, as alerts do.
func deliveryID(key alert.GroupKey, integration string, revision int64, now time.Time) string {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s\xff%s\xff%d", key, integration, revision)
	return fmt.Sprintf("%016x-%016x", now.UnixNano(), h.Sum64())
}

// withdraw supersedes open deliveries that have lost their reason: their
// alerts were silenced, or their integration left the configuration.
func (p *planner) withdraw() {
	for i := range p.in.View.Open {
		open := &p.in.View.Open[i]
		if !p.stands(open) {
			p.out.Supersede = append(p.out.Supersede, open.ID)
		}
	}
}

func (p *planner) stands(open *alert.Delivery) bool {
	for _, d := range p.decisions {
		if d.Integration == open.Integration && d.Delivery != "" {
			return true // kept, or already superseded by its successor
		}
	}
	return false
}

// leave lets go of ended alerts that nobody needs to be told of, and of the
// group when nothing is left in it.
func (p *planner) leave() {
	for _, a := range p.resolved {
		if !p.owing[a.ID] {
			p.out.Leave = append(p.out.Leave, a.ID)
		}
	}
	p.out.Drop = len(p.out.Leave) == len(p.byID) && len(p.out.Create) == 0 && len(p.in.View.Open) == len(p.out.Supersede)
	if p.out.Drop {
		p.out.DueAt = time.Time{}
	}
}

// wakeAt asks for the group to be planned at t, if that is sooner than known.
func (p *planner) wakeAt(t time.Time) {
	if !t.IsZero() && (p.out.DueAt.IsZero() || t.Before(p.out.DueAt)) {
		p.out.DueAt = t
	}
}

func set(ids []string) map[string]bool {
	m := make(map[string]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}
