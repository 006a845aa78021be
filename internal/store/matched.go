package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

// markMatched marks the groups due that have an active alert which any of the
// matchers passes.
func (s *sqliteStore) markMatched(ctx context.Context, c *conn, now time.Time, concerned []alert.Matchers) error {
	keys, err := groupsMatched(ctx, c, concerned)
	if err != nil {
		return fmt.Errorf("finding the groups concerned: %w", err)
	}
	for _, key := range keys {
		if _, err := s.markDue(ctx, c, key, now); err != nil {
			return fmt.Errorf("marking group %q due: %w", key, err)
		}
	}
	return nil
}

// groupsMatched returns the groups, in order, that have an active alert which
// any of the matchers passes. Where matchers name the alert, an index leaves out
// the groups of alerts with other names; for others, which may be negative or
// regular expressions, every active alert is looked at once.
func groupsMatched(ctx context.Context, c *conn, concerned []alert.Matchers) ([]alert.GroupKey, error) {
	// instr finds the empty text everywhere.
	const (
		byName = `SELECT m.group_key, a.id, a.labels FROM groups g CROSS JOIN group_alerts m CROSS JOIN alerts a
			WHERE COALESCE(g.labels ->> '$.alertname', '') IN (?, '') AND m.group_key = g.key AND a.id = m.alert_id
			AND a.state || '' IN ('pending', 'firing') AND instr(a.labels, ?) > 0`
		all = `SELECT m.group_key, a.id, a.labels FROM alerts a CROSS JOIN group_alerts m
			WHERE a.state IN ('pending', 'firing') AND m.alert_id = a.id AND instr(a.labels, ?) > 0`
	)
	named := map[string][]alert.Matchers{}
	var others []alert.Matchers
	for _, ms := range concerned {
		if name := equalTo(ms, alert.AlertName); name != "" {
			named[name] = append(named[name], ms)
		} else {
			others = append(others, ms)
		}
	}
	found := matched{keys: map[alert.GroupKey]bool{}}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if err := found.collect(ctx, c, named[name], byName, name, sharedPair(named[name])); err != nil {
			return nil, err
		}
	}
	if len(others) > 0 {
		if err := found.collect(ctx, c, others, all, sharedPair(others)); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(found.keys)), nil
}

// matched gathers the groups whose alerts pass.
type matched struct{ keys map[alert.GroupKey]bool }

func (f *matched) collect(ctx context.Context, c *conn, concerned []alert.Matchers, query string, args ...any) error {
	type none struct{}
	var last struct {
		id     string
		passes bool
	}
	_, err := collect(ctx, c, []none(nil), func(rows *sql.Rows, _ *none) error {
		var key alert.GroupKey
		var id, encoded string
		if err := rows.Scan(&key, &id, &encoded); err != nil {
			return err
		}
		if f.keys[key] {
			return nil
		}
		if id != last.id { // the groups of one alert follow each other
			labels, err := decodeLabels(encoded)
			if err != nil {
				return fmt.Errorf("alert %s: %w", id, err)
			}
			last.id = id
			last.passes = slices.ContainsFunc(concerned, func(ms alert.Matchers) bool { return ms.Matches(labels) })
		}
		if last.passes {
			f.keys[key] = true
		}
		return nil
	}, query, args...)
	return err
}

// equalTo returns the value that the matchers want of a label, or "".
func equalTo(ms alert.Matchers, name string) string {
	for _, m := range ms {
		if m.Op == alert.MatchEqual && m.Name == name && m.Value != "" {
			return m.Value
		}
	}
	return ""
}

// sharedPair returns a piece that the stored labels of every alert have which
// any of the matchers passes, so that the others need not be decoded; "" is in
// all of them.
func sharedPair(concerned []alert.Matchers) string {
	longest := ""
	for _, m := range concerned[0] {
		for _, ms := range concerned[1:] {
			if equalTo(ms, m.Name) != m.Value {
				m.Value = ""
			}
		}
		if m.Op != alert.MatchEqual || m.Value == "" || !plain(m.Name) || !plain(m.Value) {
			continue
		}
		if pair := `"` + m.Name + `":"` + m.Value + `"`; len(pair) > len(longest) {
			longest = pair
		}
	}
	return longest
}

// plain tells whether JSON has one way only to write the text.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r)
	})
}
