package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"alertd/internal/alert"
)

const silenceColumns = "id, matchers, starts_at, ends_at, created_by, comment, annotations, updated_at"

func scanSilence(rows *sql.Rows, sil *alert.Silence) error {
	var matchers, annotations string
	var starts, ends, updated int64
	err := rows.Scan(&sil.ID, &matchers, &starts, &ends, &sil.CreatedBy, &sil.Comment, &annotations, &updated)
	if err != nil {
		return err
	}
	sil.StartsAt, sil.EndsAt, sil.UpdatedAt = fromNanos(starts), fromNanos(ends), fromNanos(updated)
	if sil.Annotations, err = decodeLabels(annotations); err != nil {
		return fmt.Errorf("silence %s: %w", sil.ID, err)
	}
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
		return s.saveSilences(ctx, c, now, silences)
	})
}

// saveSilences writes silences and marks the groups due that they concern,
// by what they match now or matched before.
func (s *sqliteStore) saveSilences(ctx context.Context, c *conn, now time.Time, silences []alert.Silence) error {
	var concerned []alert.Matchers
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
	return s.markMatched(ctx, c, now, concerned)
}

func (s *sqliteStore) EndSilence(ctx context.Context, now time.Time, read *alert.Silence) error {
	return s.write(ctx, opEndSilence, "ending silence "+read.ID, func(ctx context.Context, c *conn) error {
		kept, err := readSilence(ctx, c, read.ID)
		if err != nil {
			return err
		}
		if len(kept) == 0 || !kept[0].UpdatedAt.Equal(read.UpdatedAt) || !kept[0].EndsAt.Equal(read.EndsAt) {
			return ErrStale
		}
		kept[0].EndsAt, kept[0].UpdatedAt = now, now
		return s.saveSilences(ctx, c, now, kept)
	})
}

func writeSilence(ctx context.Context, c *conn, sil *alert.Silence) error {
	matchers, err := encodeJSON(sil.Matchers)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO silences (`+silenceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			matchers = excluded.matchers, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
			created_by = excluded.created_by, comment = excluded.comment,
			annotations = excluded.annotations, updated_at = excluded.updated_at`,
		sil.ID, matchers, nanos(sil.StartsAt), nanos(sil.EndsAt), sil.CreatedBy, sil.Comment,
		encodeLabels(sil.Annotations), nanos(sil.UpdatedAt))
	return err
}
