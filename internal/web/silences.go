package web

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

// setSilence creates a silence or changes one, and returns the id under which
// it now is. A change that would rewrite the past (other matchers, another
// start of one that has begun) makes a new silence and ends the old one, both
// in one commit. The errors are refusals in Alertmanager's words, Deps.NotFound
// for a change of an unknown one, or the store's.
func (s *Server) setSilence(ctx context.Context, sent *apiv2.PostableSilence) (string, error) {
	s.silences.Lock()
	defer s.silences.Unlock()
	now := s.deps.Now()
	sil, err := newSilence(sent, now)
	if err != nil {
		return "", err
	}
	if size := silenceSize(sil); s.deps.Limits.SilenceBytes > 0 && size > s.deps.Limits.SilenceBytes {
		return "", badRequest(fmt.Sprintf("silence exceeded maximum size: %d bytes (limit: %d bytes)", size, s.deps.Limits.SilenceBytes))
	}
	var old *alert.Silence
	if sent.ID != "" {
		if old, err = s.deps.Store.Silence(ctx, sent.ID); err != nil {
			return "", err
		}
		if !sent.Annotations.Given { // the client need not know of them
			sil.Annotations = old.Annotations
		}
		if canChange(old, sil, now) {
			sil.ID = old.ID
			return sil.ID, s.saveSilences(ctx, now, *sil)
		}
	}
	if err := s.roomForSilence(ctx, sil); err != nil {
		return "", err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	sil.ID = id.String()
	if old != nil && !sent.Annotations.Given { // other alerts or another time: not an occurrence any more
		sil.Annotations = sil.Annotations.Without(alert.RecurringAnnotation)
	}
	if sil.StartsAt.Before(now) {
		sil.StartsAt = now
	}
	changed := []alert.Silence{*sil}
	if old != nil && end(old, now) {
		changed = append(changed, *old)
	}
	return sil.ID, s.saveSilences(ctx, now, changed...)
}

// expireSilence ends a silence. One that has ended already stays as it is. The
// error is Deps.NotFound for an unknown one, or the store's.
func (s *Server) expireSilence(ctx context.Context, id string) error {
	s.silences.Lock()
	defer s.silences.Unlock()
	sil, err := s.deps.Store.Silence(ctx, id)
	if err != nil {
		return err
	}
	now := s.deps.Now()
	if !end(sil, now) {
		return nil
	}
	return s.saveSilences(ctx, now, *sil)
}

func (s *Server) saveSilences(ctx context.Context, now time.Time, silences ...alert.Silence) error {
	if err := s.deps.Store.SaveSilences(ctx, now, silences...); err != nil {
		return fmt.Errorf("storing the silence: %w", err)
	}
	s.deps.OnSilence()
	return nil
}

// roomForSilence refuses one more silence where too many are kept, or too large ones.
func (s *Server) roomForSilence(ctx context.Context, more *alert.Silence) error {
	most, mostBytes := s.deps.Limits.Silences, s.deps.Limits.AllSilences
	if most <= 0 && mostBytes <= 0 {
		return nil
	}
	kept, err := s.deps.Store.Silences(ctx)
	if err != nil {
		return err
	}
	if most > 0 && len(kept)+1 > most {
		return badRequest(fmt.Sprintf("exceeded maximum number of silences: %d (limit: %d)", len(kept), most))
	}
	size := silenceSize(more)
	for i := range kept {
		size += silenceSize(&kept[i])
	}
	if mostBytes > 0 && size > mostBytes {
		return badRequest(fmt.Sprintf("exceeded maximum size of all silences: %d bytes (limit: %d bytes)", size, mostBytes))
	}
	return nil
}

// end makes the silence end now, and tells whether it had not.
func end(sil *alert.Silence, now time.Time) bool {
	switch sil.StateAt(now) {
	case alert.SilenceExpired:
		return false
	case alert.SilencePending:
		sil.StartsAt = now
	case alert.SilenceActive:
	}
	sil.EndsAt, sil.UpdatedAt = now, now
	return true
}

// canChange tells whether old can become sil under its own id, without telling
// another story of what was silenced until now.
func canChange(old, sil *alert.Silence, now time.Time) bool {
	if !slices.EqualFunc(old.Matchers, sil.Matchers, sameMatcher) {
		return false
	}
	switch old.StateAt(now) {
	case alert.SilenceActive:
		return old.StartsAt.Unix() == sil.StartsAt.Unix() && !sil.EndsAt.Before(now)
	case alert.SilencePending:
		return !sil.StartsAt.Before(now)
	default:
		return false
	}
}

// newSilence makes what a client sent into a silence without id. It takes what
// Alertmanager takes, which is more than alertctl lets people do: matchers that
// only exclude, no author, no comment.
func newSilence(sent *apiv2.PostableSilence, now time.Time) (*alert.Silence, error) {
	sil := &alert.Silence{
		StartsAt:  time.Time(*sent.StartsAt),
		EndsAt:    time.Time(*sent.EndsAt),
		CreatedBy: *sent.CreatedBy,
		Comment:   *sent.Comment,
		UpdatedAt: now,
	}
	switch {
	case !sil.EndsAt.After(sil.StartsAt):
		return nil, badRequest("Failed to create silence: start time must be before end time")
	case sil.EndsAt.Before(now):
		return nil, badRequest("Failed to create silence: end time can't be in the past")
	case sil.StartsAt.IsZero():
		sil.StartsAt = now
	}
	if sent.Annotations.Problem != nil {
		return nil, badRequest("invalid silence: annotations: " + sent.Annotations.Problem.Error())
	}
	sil.Annotations = sent.Annotations.Labels
	var err error
	sil.Matchers, err = newMatchers(sent.Matchers)
	return sil, err
}

// newMatchers makes the matchers that a client sent for a silence. Some must
// not pass what has no such label.
func newMatchers(sent []*apiv2.PostableMatcher) (alert.Matchers, error) {
	all := true
	var sizes expressions
	var ms alert.Matchers
	for i, sentMatcher := range sent {
		m, err := newMatcher(*sentMatcher.Name, sentMatcher.Op(), *sentMatcher.Value, &sizes)
		if err != nil {
			return nil, badRequest(fmt.Sprintf("invalid silence: invalid label matcher %d in set 0: %s", i, err))
		}
		negative := m.Op == alert.MatchNotEqual || m.Op == alert.MatchNotRegexp
		all = all && !negative && m.Matches("")
		ms = append(ms, m)
	}
	if all {
		return nil, badRequest("invalid silence: matcher set 0: at least one matcher must not match the empty string")
	}
	return ms, nil
}

func newMatcher(name string, op alert.MatchOp, value string, sizes *expressions) (alert.Matcher, error) {
	if name == "" {
		return alert.Matcher{}, errors.New(`invalid label name ""`)
	}
	if op == alert.MatchRegexp || op == alert.MatchNotRegexp {
		if err := sizes.check(value); err != nil {
			return alert.Matcher{}, err
		}
		// Alone first: wrapped to match the whole value, "a)|(b" would compile.
		if _, err := regexp.Compile(value); err != nil {
			return alert.Matcher{}, fmt.Errorf("invalid regular expression %.256q: %w", value, err)
		}
	}
	return alert.NewMatcher(name, op, value)
}

func silenceSize(sil *alert.Silence) int {
	size := len(sil.CreatedBy) + len(sil.Comment)
	for _, a := range sil.Annotations {
		size += len(a.Name) + len(a.Value)
	}
	for _, m := range sil.Matchers {
		size += len(m.Name) + len(m.Op) + len(m.Value)
	}
	return size
}
