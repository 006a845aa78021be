package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"alertd/internal/alert"
)

const silenceColumns = "id, matchers, starts_at, ends_at, created_by, comment, updated_at"

func scanSilence(rows *sql.Rows, sil *alert.Silence) error {
	var matchers string
	var starts, ends, updated int64
	if err := rows.Scan(&sil.ID, &matchers, &starts, &ends, &sil.CreatedBy, &sil.Comment, &updated); err != nil {
		return err
	}
	sil.StartsAt, sil.EndsAt, sil.UpdatedAt = fromNanos(starts), fromNanos(ends), fromNanos(updated)
	if err := decodeJSON(matchers, &sil.Matchers); err != nil {
		return fmt.Errorf("silence %s: %w", sil.ID, err)
	}
	return nil
}

func (s *sqliteStore) Silences(ctx context.Context) (silences alert.Silences, err error) {
	err = s.read(ctx, opSilences, "reading the silences", func(ctx context.Context, c *conn) error {
		silences, err = collect(ctx, c, silences, scanSilence,
			"SELECT "+silenceColumns+" FROM silences ORDER BY updated_at DESC, id DESC")
		return err
	})
	return silences, err
}

func (s *sqliteStore) Silence(ctx context.Context, id string) (*alert.Silence, error) {
	var found []alert.Silence
	err := s.read(ctx, opSilence, fmt.Sprintf("reading silence %q", id), func(ctx context.Context, c *conn) (err error) {
		found, err = readSilence(ctx, c, id)
		if err == nil && len(found) == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// readSilence returns the silence of that id, if there is one.
func readSilence(ctx context.Context, c *conn, id string) ([]alert.Silence, error) {
	return collect(ctx, c, []alert.Silence(nil), scanSilence, "SELECT "+silenceColumns+" FROM silences WHERE id = ?", id)
}

func (s *sqliteStore) SaveSilences(ctx context.Context, now time.Time, silences ...alert.Silence) error {
	what := fmt.Sprintf("saving %d silences", len(silences))
	if len(silences) == 1 {
		what = "saving silence " + silences[0].ID
	}
	return s.write(ctx, opSaveSilences, what, func(ctx context.Context, c *conn) error {
		var concerned []alert.Matchers // before and after
		for i := range silences {
			old, err := readSilence(ctx, c, silences[i].ID)
			if err != nil {
				return fmt.Errorf("reading the one before: %w", err)
			}
			for j := range old {
				concerned = append(concerned, old[j].Matchers)
			}
			concerned = append(concerned, silences[i].Matchers)
			if err := writeSilence(ctx, c, &silences[i]); err != nil {
				return err
			}
		}
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
	})
}

func writeSilence(ctx context.Context, c *conn, sil *alert.Silence) error {
	matchers, err := encodeJSON(sil.Matchers)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO silences (`+silenceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			matchers = excluded.matchers, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
			created_by = excluded.created_by, comment = excluded.comment, updated_at = excluded.updated_at`,
		sil.ID, matchers, nanos(sil.StartsAt), nanos(sil.EndsAt), sil.CreatedBy, sil.Comment, nanos(sil.UpdatedAt))
	return err
}

// groupsMatched returns the groups, in order, that have an active alert which
// any of the matchers passes. It reads every active alert: matchers may be
// negative or regular expressions, which no index answers.
func groupsMatched(ctx context.Context, c *conn, concerned []alert.Matchers) ([]alert.GroupKey, error) {
	type none struct{}
	keys := map[alert.GroupKey]none{}
	var last struct {
		id      string
		matched bool
	}
	_, err := collect(ctx, c, []none(nil), func(rows *sql.Rows, _ *none) error {
		var key alert.GroupKey
		var id, encoded string
		if err := rows.Scan(&key, &id, &encoded); err != nil {
			return err
		}
		if _, known := keys[key]; known {
			return nil
		}
		if id != last.id { // the groups of one alert follow each other
			labels, err := decodeLabels(encoded)
			if err != nil {
				return fmt.Errorf("alert %s: %w", id, err)
			}
			last.id = id
			last.matched = slices.ContainsFunc(concerned, func(ms alert.Matchers) bool { return ms.Matches(labels) })
		}
		if last.matched {
			keys[key] = none{}
		}
		return nil
	}, `SELECT m.group_key, a.id, a.labels FROM alerts a CROSS JOIN group_alerts m
		WHERE a.state IN ('pending', 'firing') AND m.alert_id = a.id`)
	return slices.Sorted(maps.Keys(keys)), err
}
