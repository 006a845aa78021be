package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"alertd/test/torture/history"
)

// An actor does its part of the storm until ctx ends, and leaves nothing half
// done: what it began to say it says again until alertd has answered.
type actor func(ctx context.Context, s *storm, random *rand.Rand)

// targets in Prometheus: those in the open, and those that silences are about.
const (
	openTargets  = 12
	quietTargets = 4
)

// pause waits for up to longest; false: ctx ended.
func pause(ctx context.Context, random *rand.Rand, longest time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(random.Int64N(int64(longest)))):
		return true
	}
}

// weather breaks and mends targets, and has Prometheus go away now and then.
func weather(ctx context.Context, s *storm, random *rand.Rand) {
	for pause(ctx, random, 300*time.Millisecond) {
		switch n := random.IntN(openTargets + quietTargets + 1); {
		case n < openTargets:
			s.prometheus.set(fmt.Sprintf("open%02d", n), float64(random.IntN(2)))
		case n < openTargets+quietTargets:
			s.prometheus.set(fmt.Sprintf("quiet%02d", n-openTargets), float64(random.IntN(2)))
		default:
			s.prometheus.goAway(true)
			pause(ctx, random, time.Second)
			s.prometheus.goAway(false)
		}
	}
}

// receiversWeather has receivers misbehave, be away and be well.
func receiversWeather(ctx context.Context, s *storm, random *rand.Rand) {
	for pause(ctx, random, 3*time.Second) {
		for _, r := range s.receivers[1:] { // the first one is always well
			r.behave(random.IntN(3) > 0, random.IntN(4) == 0)
		}
	}
}

// insist repeats a request until it is answered with 200, even where the storm is
// over meanwhile.
func (s *storm) insist(ctx context.Context, method, path string, body any) {
	for {
		status, answer, err := s.alertd.request(context.WithoutCancel(ctx), method, path, body)
		switch {
		case err == nil && status == http.StatusOK:
			return
		case err == nil && status < http.StatusInternalServerError:
			s.t.Errorf("%s %s: %d %s", method, path, status, answer)
			return
		case s.t.Context().Err() != nil:
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// poster has alerts of its own: some alone in their groups, some that share one.
func poster(name string) actor {
	return func(ctx context.Context, s *storm, random *rand.Rand) {
		const own = 6
		var began [own]time.Time
		for pause(ctx, random, 400*time.Millisecond) {
			i := random.IntN(own)
			labels := map[string]string{"alertname": "Posted", "target": fmt.Sprintf("%s%d", name, i)}
			if i >= own/2 {
				labels["batch"] = name
			}
			if began[i].IsZero() {
				began[i] = time.Now().Truncate(time.Millisecond)
				s.post(ctx, labels, began[i], time.Time{})
				s.journal.promised(incidentID(labels, began[i]), s.hooks(), history.Audible)
			} else {
				s.post(ctx, labels, began[i], time.Now())
				s.journal.ended(incidentID(labels, began[i]))
				began[i] = time.Time{}
			}
		}
	}
}

// post posts one alert; one that ends at no time is renewed for an hour.
func (s *storm) post(ctx context.Context, labels map[string]string, startsAt, endsAt time.Time) {
	if endsAt.IsZero() {
		endsAt = time.Now().Add(time.Hour)
	}
	s.insist(ctx, http.MethodPost, "/api/v2/alerts", []posted{{Labels: labels, StartsAt: startsAt, EndsAt: endsAt}})
}

// silencer makes, edits and ends silences of the quiet targets.
func silencer(name string) actor {
	return func(ctx context.Context, s *storm, random *rand.Rand) {
		var own []silence
		for edits := 0; pause(ctx, random, 300*time.Millisecond); edits++ {
			if n := len(own); n > 0 && random.IntN(3) > 0 {
				i := random.IntN(n)
				if random.IntN(3) == 0 {
					s.expireSilence(ctx, &own[i])
					own = append(own[:i], own[i+1:]...)
					continue
				}
				s.editSilence(ctx, &own[i], fmt.Sprintf("%s, edit %d", name, edits))
				continue
			}
			made := silence{
				Matchers: []matcher{{Name: "target", Value: fmt.Sprintf("quiet%02d", random.IntN(quietTargets)), IsEqual: true}},
				StartsAt: time.Now().Truncate(time.Millisecond), EndsAt: time.Now().Add(time.Hour), CreatedBy: name, Comment: name + ", new",
			}
			if s.makeSilence(ctx, &made) {
				own = append(own, made)
			}
		}
	}
}

// makeSilence tries once: an answer that does not come may hide a silence that
// nobody knows the id of.
func (s *storm) makeSilence(ctx context.Context, sil *silence) bool {
	id, err := s.alertd.saveSilence(context.WithoutCancel(ctx), sil)
	if err != nil {
		return false
	}
	sil.ID = id
	s.journal.wrote("silence", id, sil.Comment, true)
	return true
}

// editSilence tries once, and notes what it tried. The silence may have begun
// later than it was asked to.
func (s *storm) editSilence(ctx context.Context, sil *silence, comment string) {
	known, err := s.alertd.silence(ctx, sil.ID)
	if err != nil {
		return
	}
	sil.StartsAt, sil.Comment = known.StartsAt, comment
	id, err := s.alertd.saveSilence(context.WithoutCancel(ctx), sil)
	s.journal.wrote("silence", sil.ID, comment, err == nil)
	if err == nil && id != sil.ID {
		s.t.Errorf("editing silence %s made %s", sil.ID, id)
	}
}

// expired is the version of a silence that was ended.
const expired = "expired"

func (s *storm) expireSilence(ctx context.Context, sil *silence) {
	s.journal.wrote("silence", sil.ID, expired, false)
	s.insist(ctx, http.MethodDelete, "/api/v2/silence/"+sil.ID, nil)
	s.journal.wrote("silence", sil.ID, expired, true)
}

// hushed posts alerts that live wholly within a silence that was promised.
func hushed(ctx context.Context, s *storm, random *rand.Rand) {
	for round := 0; pause(ctx, random, time.Second); round++ {
		target := fmt.Sprintf("hushed%03d", round)
		sil := silence{
			Matchers: []matcher{{Name: "target", Value: target, IsEqual: true}},
			StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour), CreatedBy: "hushed", Comment: "hushed",
		}
		if !s.makeSilence(ctx, &sil) {
			continue
		}
		labels := map[string]string{"alertname": "Posted", "target": target}
		began := time.Now().Truncate(time.Millisecond)
		s.post(ctx, labels, began, time.Time{})
		s.journal.promised(incidentID(labels, began), s.hooks(), history.Hushed)
		pause(ctx, random, 4*time.Second)
		s.post(ctx, labels, began, time.Now())
		s.journal.ended(incidentID(labels, began))
		if random.IntN(2) == 0 {
			s.expireSilence(ctx, &sil)
		}
	}
}

// ackKind is what records of acknowledgements are called.
const ackKind = "acknowledgement"

// acker has alerts of its own that fire all the time, acknowledges them, says
// something else, and takes it back.
func acker(ctx context.Context, s *storm, random *rand.Rand) {
	const own = 3
	began := time.Now().Truncate(time.Millisecond)
	for i := range own {
		labels := map[string]string{"alertname": "Acked", "target": fmt.Sprint("ack", i)}
		s.post(ctx, labels, began, time.Time{})
		s.journal.promised(incidentID(labels, began), s.hooks(), history.Audible)
	}
	for n := 0; pause(ctx, random, 300*time.Millisecond); n++ {
		target := fmt.Sprint("ack", random.IntN(own))
		method, path, version := http.MethodPost, "/api/v1/acks", fmt.Sprint("note ", n)
		var body any = ackOf(target, version)
		if random.IntN(4) == 0 {
			method, path, version, body = http.MethodDelete, path+"?by=acker&filter=target="+target, "", nil
		}
		status, answer, err := s.alertd.request(context.WithoutCancel(ctx), method, path, body)
		if err == nil && status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			s.t.Errorf("%s %s: %d %s", method, path, status, answer)
		}
		s.journal.wrote(ackKind, target, version, err == nil && status == http.StatusOK)
	}
}

// watcher looks at the alerts all the time, as a page does.
func watcher(ctx context.Context, s *storm, random *rand.Rand) {
	for pause(ctx, random, 200*time.Millisecond) {
		s.look(ctx)
	}
}

// look notes what the API shows now.
func (s *storm) look(ctx context.Context) {
	all, err := s.alertd.alerts(ctx)
	if err != nil {
		return // it was killed
	}
	for _, a := range all {
		if a.FiredAt.IsZero() || a.State == "pending" {
			continue
		}
		id := incidentID(a.Labels, a.FiredAt)
		s.journal.saw(history.Seen{At: time.Now(), Incident: id, Firing: a.State == "firing"})
		if a.Labels["alertname"] == "Storm" {
			receivers, silencing := s.toldOf(a.Labels["target"])
			s.journal.promised(id, receivers, silencing)
			if a.State == "resolved" {
				s.journal.ended(id)
			}
		}
	}
}
