package inhibit

import (
	"slices"
	"sync"

	"alertd/internal/alert"
)

// Index holds the firing alerts by rule and values of its equal labels. It is
// safe for concurrent use.
type Index struct {
	mu     sync.RWMutex
	rules  []*indexedRule
	firing map[string]*member // by alert id
}

// member is a firing alert that some rule is about.
type member struct {
	id          string
	labels      alert.Labels
	fingerprint alert.Fingerprint
}

type indexedRule struct {
	Rule
	buckets map[string]*bucket // by Rule.key
	sources int                // in all buckets: without any, nothing is inhibited
}

// bucket is the firing alerts of one rule that share the equal labels. An alert
// on both sides of the rule is inhibited by those only that are not, as in
// Alertmanager, and so never by itself or its like.
type bucket struct {
	sources, targets, both set
}

// inhibits tells whether the bucket inhibits an alert, which is a source too or
// not, and by which other.
func (b *bucket) inhibits(isSource bool) (*member, bool) {
	switch {
	case len(b.sources.list) > 0:
		return b.sources.list[0], true
	case !isSource && len(b.both.list) > 0:
		return b.both.list[0], true
	default:
		return nil, false
	}
}

// side returns the set that an alert belongs to; nil where the rule is not
// about it.
func (b *bucket) side(isSource, isTarget bool) *set {
	switch {
	case isSource && isTarget:
		return &b.both
	case isSource:
		return &b.sources
	default:
		return &b.targets
	}
}

// NewIndex returns the index of the rules over the alerts of which those that
// fire count.
func NewIndex(rules []Rule, alerts []alert.Alert) *Index {
	x := &Index{firing: map[string]*member{}}
	for _, r := range rules {
		x.rules = append(x.rules, &indexedRule{Rule: r, buckets: map[string]*bucket{}})
	}
	for i := range alerts {
		x.Set(&alerts[i])
	}
	return x
}

// InhibitedBy returns the fingerprints of the alerts that inhibit one with
// these labels, one for each rule that does so; none where it is not inhibited.
func (x *Index) InhibitedBy(labels alert.Labels) []alert.Fingerprint {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var by []alert.Fingerprint
	for _, r := range x.rules {
		if r.sources == 0 || !r.Target.Matches(labels) {
			continue
		}
		b := r.buckets[r.key(labels)]
		if b == nil {
			continue
		}
		if m, ok := b.inhibits(r.Source.Matches(labels)); ok && !slices.Contains(by, m.fingerprint) {
			by = append(by, m.fingerprint)
		}
	}
	slices.Sort(by)
	return by
}

// Set takes in that an alert now is as given: one that fires may inhibit. It
// returns the firing alerts that this begins or ceases to inhibit, by id.
func (x *Index) Set(a *alert.Alert) map[string]alert.Labels {
	x.mu.Lock()
	defer x.mu.Unlock()
	known := x.firing[a.ID]
	switch {
	case a.State == alert.Firing && known == nil:
		return x.add(&member{a.ID, a.Labels, a.Fingerprint()})
	case a.State != alert.Firing && known != nil:
		return x.remove(known)
	default:
		return nil
	}
}

func (x *Index) add(m *member) (changed map[string]alert.Labels) {
	if m.labels.Has(alert.DrillLabel) {
		return nil // practice keeps nothing real from being told
	}
	for _, r := range x.rules {
		isSource, isTarget := r.Source.Matches(m.labels), r.Target.Matches(m.labels)
		if !isSource && !isTarget {
			continue
		}
		x.firing[m.id] = m
		key := r.key(m.labels)
		b := r.buckets[key]
		if b == nil {
			b = &bucket{}
			r.buckets[key] = b
		}
		before := *b
		b.side(isSource, isTarget).add(m)
		if isSource {
			r.sources++
		}
		changed = b.changed(&before, changed)
	}
	return changed
}

func (x *Index) remove(m *member) (changed map[string]alert.Labels) {
	delete(x.firing, m.id)
	for _, r := range x.rules {
		isSource, isTarget := r.Source.Matches(m.labels), r.Target.Matches(m.labels)
		if !isSource && !isTarget {
			continue
		}
		key := r.key(m.labels)
		b := r.buckets[key]
		before := *b
		b.side(isSource, isTarget).remove(m)
		if isSource {
			r.sources--
		}
		changed = b.changed(&before, changed)
		if len(b.sources.list)+len(b.targets.list)+len(b.both.list) == 0 {
			delete(r.buckets, key)
		}
	}
	return changed
}

// changed adds the alerts that the bucket inhibits and did not before, or the
// other way round.
func (b *bucket) changed(before *bucket, to map[string]alert.Labels) map[string]alert.Labels {
	for _, side := range []struct {
		isSource bool
		members  []*member
	}{{false, b.targets.list}, {true, b.both.list}} {
		_, now := b.inhibits(side.isSource)
		if _, then := before.inhibits(side.isSource); now == then {
			continue
		}
		if to == nil {
			to = make(map[string]alert.Labels, len(side.members))
		}
		for _, m := range side.members {
			to[m.id] = m.labels
		}
	}
	return to
}

// set is members in an order that one can leave without the others moving much.
type set struct {
	list []*member
	at   map[*member]int
}

func (s *set) add(m *member) {
	if s.at == nil {
		s.at = map[*member]int{}
	}
	s.at[m] = len(s.list)
	s.list = append(s.list, m)
}

func (s *set) remove(m *member) {
	i, last := s.at[m], len(s.list)-1
	delete(s.at, m)
	if i != last {
		s.list[i] = s.list[last]
		s.at[s.list[i]] = i
	}
	s.list[last] = nil
	s.list = s.list[:last]
}

// Inhibit writes into a view which of its alerts are inhibited, or ended while
// what inhibits them goes on.
func (x *Index) Inhibit(view *alert.GroupView) {
	view.Inhibited = nil
	for i := range view.Alerts {
		a := &view.Alerts[i]
		if a.State == alert.Pending {
			continue
		}
		if by := x.InhibitedBy(a.Labels); len(by) > 0 {
			if view.Inhibited == nil {
				view.Inhibited = map[string][]alert.Fingerprint{}
			}
			view.Inhibited[a.ID] = by
		}
	}
}

// fires tells whether some rule is about the alert and it fires.
func (x *Index) fires(id string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.firing[id] != nil
}

// undo takes back that alerts were set, all of which that changed, the last
// one first.
func (x *Index) undo(done []*alert.Alert) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range slices.Backward(done) {
		if m := x.firing[a.ID]; m != nil {
			x.remove(m)
		} else {
			x.add(&member{a.ID, a.Labels, a.Fingerprint()})
		}
	}
}
