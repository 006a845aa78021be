package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Violation is a promise that was not kept.
type Violation struct {
	Kind     Kind
	Incident string // "" where it is about none
	Text     string
}

func (v Violation) String() string { return fmt.Sprintf("%s: %s", v.Kind, v.Text) }

// Kind names a promise by its breach.
type Kind string

// The breaches.
const (
	Lost         Kind = "an incident was never told"
	EndLost      Kind = "a recovery was never told"
	FiringLost   Kind = "what still fires was told as ended, or not at all"
	Regression   Kind = "what had ended fires again"
	Duplicate    Kind = "a message was told twice"
	BrokeSilence Kind = "a silenced incident was told"
	RecordLost   Kind = "a promised change was lost"
)

// unnoted is how long before a kill an answer may have come that alertd had no
// time to take note of.
const unnoted = time.Second

// Check returns every promise that the history shows broken.
func Check(h *History) []Violation {
	var out []Violation
	told := h.mentions()
	for i := range h.Incidents {
		inc := &h.Incidents[i]
		for _, receiver := range inc.Receivers {
			out = append(out, h.incident(inc, receiver, told[mentioned{receiver, inc.ID}])...)
		}
	}
	out = append(out, h.seen()...)
	out = append(out, h.duplicates()...)
	return append(out, h.records()...)
}

type mentioned struct{ receiver, incident string }

// mention is one message's word on one incident.
type mention struct {
	message *Message
	firing  bool
}

func (h *History) mentions() map[mentioned][]mention {
	out := map[mentioned][]mention{}
	for i := range h.Messages {
		m := &h.Messages[i]
		for _, id := range m.Firing {
			key := mentioned{m.Receiver, id}
			out[key] = append(out[key], mention{m, true})
		}
		for _, id := range m.Resolved {
			key := mentioned{m.Receiver, id}
			out[key] = append(out[key], mention{m, false})
		}
	}
	return out
}

// incident checks what one receiver heard of one incident.
func (h *History) incident(inc *Incident, receiver string, told []mention) []Violation {
	var out []Violation
	broken := func(kind Kind, format string, args ...any) {
		out = append(out, Violation{Kind: kind, Incident: inc.ID, Text: fmt.Sprintf("%s, to %s: ", inc.ID, receiver) + fmt.Sprintf(format, args...)})
	}
	var firing, last *mention // the first that counts as told; the last answered
	ended := false
	for i := range told {
		m := &told[i]
		if m.firing && ended {
			broken(Regression, "told as firing at %s after its end had been told", clock(m.message.At))
		}
		ended = ended || !m.firing
		if m.firing && firing == nil && h.counts(inc, m) {
			firing = m
		}
		if m.message.Answered {
			last = m
		}
	}
	if inc.Silencing == Hushed {
		for _, m := range told {
			broken(BrokeSilence, "told at %s", clock(m.message.At))
		}
		return out
	}
	switch {
	case inc.Silencing == Audible && !inc.Promised.IsZero() && last == nil:
		broken(Lost, "known since %s", clock(inc.Promised))
	case inc.Ended && firing != nil && (last == nil || last.firing):
		broken(EndLost, "its beginning was heard at %s", clock(firing.message.At))
	case !inc.Ended && inc.Silencing == Audible && last != nil && !last.firing:
		broken(FiringLost, "its end was told at %s", clock(last.message.At))
	}
	return out
}

// counts tells whether alertd owes the end of an incident whose beginning the
// message told. What was heard and not answered is still being told, unless a
// silence withdraws it.
func (h *History) counts(inc *Incident, m *mention) bool {
	if inc.Silencing == Audible {
		return true
	}
	_, killed := h.killedBetween(m.message.At, m.message.At.Add(unnoted))
	return m.message.Answered && !killed
}

// seen checks that what a client was shown as ended never fires again.
func (h *History) seen() []Violation {
	var out []Violation
	ended := map[string]time.Time{}
	for _, s := range h.Seen {
		since, known := ended[s.Incident]
		switch {
		case !s.Firing && !known:
			ended[s.Incident] = s.At
		case s.Firing && known:
			out = append(out, Violation{Kind: Regression, Incident: s.Incident, Text: fmt.Sprintf(
				"%s was shown as firing at %s, having been shown as ended at %s", s.Incident, clock(s.At), clock(since))})
		}
	}
	return out
}

// duplicates checks that what a receiver had answered was told again only where
// a kill came between, once for each.
func (h *History) duplicates() []Violation {
	partly := map[string]bool{} // silences that end tell again of what still fires
	for _, inc := range h.Incidents {
		partly[inc.ID] = inc.Silencing != Audible
	}
	var out []Violation
	type place struct{ receiver, group string }
	before := map[place]*Message{}
	heard := map[place]*Message{}                     // by delivery in place of the group
	repeated := map[string]map[Down]map[string]bool{} // by receiver: of which groups after which kill
	for i := range h.Messages {
		m := &h.Messages[i]
		at := place{m.Receiver, m.Group}
		previous := before[at]
		if m.Delivery != "" {
			id := place{m.Receiver, m.Delivery}
			previous = cmp.Or(heard[id], previous)
			if m.Answered {
				heard[id] = m
			}
		}
		if m.Answered {
			before[at] = m
		}
		if previous == nil || !same(previous, m) {
			continue
		}
		down, killed := h.killedBetween(previous.At, m.At)
		if killed {
			if repeated[m.Receiver] == nil {
				repeated[m.Receiver] = map[Down]map[string]bool{}
			}
			if repeated[m.Receiver][down] == nil {
				repeated[m.Receiver][down] = map[string]bool{}
			}
			// Once, even where the receiver did not answer it at first.
			repeated[m.Receiver][down][m.Group] = true
			continue
		}
		if previous.Delivery != m.Delivery && slices.ContainsFunc(m.Firing, func(id string) bool { return partly[id] }) {
			continue
		}
		out = append(out, Violation{Kind: Duplicate, Incident: first(m), Text: fmt.Sprintf(
			"%s heard of firing %v and ended %v at %s and, with no kill between, at %s (deliveries %s and %s)",
			m.Receiver, m.Firing, m.Resolved, clock(previous.At), clock(m.At), previous.Delivery, m.Delivery)})
	}
	for receiver, downs := range repeated {
		for down, groups := range downs {
			n := len(groups)
			if h.Parallel > 0 && n > h.Parallel {
				out = append(out, Violation{Kind: Duplicate, Text: fmt.Sprintf(
					"%s heard %d messages again after the kill at %s; %d can have been on their way", receiver, n, clock(down.From), h.Parallel)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Violation) int { return cmp.Compare(a.Text, b.Text) })
	return out
}

// same tells whether two messages of a group say the same.
func same(a, b *Message) bool {
	if a.Delivery != "" && a.Delivery == b.Delivery {
		return true
	}
	return sameSet(a.Firing, b.Firing) && sameSet(a.Resolved, b.Resolved)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func first(m *Message) string {
	for _, id := range slices.Concat(m.Firing, m.Resolved) {
		return id
	}
	return ""
}

func (h *History) records() []Violation {
	var out []Violation
	for i := range h.Records {
		r := &h.Records[i]
		if allowed := r.Allowed(); !slices.Contains(allowed, r.Found) {
			found := "it is gone"
			if r.Found != "" {
				found = fmt.Sprintf("it is %q", r.Found)
			}
			out = append(out, Violation{Kind: RecordLost, Text: fmt.Sprintf("%s %s: %s, and must be one of %q", r.Kind, r.ID, found, allowed)})
		}
	}
	return out
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }
