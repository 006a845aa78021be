package torture

import (
	"maps"
	"slices"
	"sync"
	"time"

	"alertd/test/torture/history"
)

// journal is what the clients were promised and shown. It is kept here, outside
// the program that is killed.
type journal struct {
	mu        sync.Mutex
	incidents map[string]*history.Incident
	seen      []history.Seen
	records   map[string]*history.Record
}

func newJournal() *journal {
	return &journal{incidents: map[string]*history.Incident{}, records: map[string]*history.Record{}}
}

// incident changes what is known of an incident.
func (j *journal) incident(id string, change func(*history.Incident)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	inc := j.incidents[id]
	if inc == nil {
		inc = &history.Incident{ID: id}
		j.incidents[id] = inc
	}
	change(inc)
}

// promised notes that alertd has the incident.
func (j *journal) promised(id string, receivers []string, s history.Silencing) {
	j.incident(id, func(inc *history.Incident) {
		if inc.Promised.IsZero() {
			inc.Promised = time.Now()
		}
		inc.Receivers, inc.Silencing = receivers, s
	})
}

func (j *journal) ended(id string) {
	j.incident(id, func(inc *history.Incident) { inc.Ended = true })
}

func (j *journal) saw(s history.Seen) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen = append(j.seen, s)
}

// wrote notes a change of a record that was asked for.
func (j *journal) wrote(kind, id, version string, promised bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.records[id]
	if r == nil {
		r = &history.Record{Kind: kind, ID: id}
		j.records[id] = r
	}
	r.Writes = append(r.Writes, history.Write{At: time.Now(), Version: version, Promised: promised})
}

// history returns all of it, with the records as found at the end.
func (j *journal) history(found map[string]string) *history.History {
	j.mu.Lock()
	defer j.mu.Unlock()
	h := &history.History{Seen: slices.Clone(j.seen)}
	for _, id := range slices.Sorted(maps.Keys(j.incidents)) {
		h.Incidents = append(h.Incidents, *j.incidents[id])
	}
	for _, id := range slices.Sorted(maps.Keys(j.records)) {
		r := *j.records[id]
		r.Found = found[id]
		h.Records = append(h.Records, r)
	}
	return h
}
