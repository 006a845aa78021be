package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

const alertColumns = `a.id, a.rule_id, a.series, a.state, a.labels, a.annotations, a.value, a.unit, a.threshold,
	a.active_at, a.fired_at, a.resolved_at, a.updated_at, a.keep_firing_since, a.missing_since,
	a.resolution, a.recovered_value, a.generator_url, a.expires_at, a.flaps, a.flapping_since, a.healthy_since`

func scanAlert(rows *sql.Rows, a *alert.Alert) error { return scanAlertAfter(rows, a) }

// scanAlertAfter reads columns before those of the alert too.
func scanAlertAfter(rows *sql.Rows, a *alert.Alert, before ...any) (err error) {
	var series, labels, annotations, value, recovered string
	var active, fired, resolved, updated, keep, missing, expires, flapping, healthy int64
	err = rows.Scan(append(before, &a.ID, &a.RuleID, &series, &a.State, &labels, &annotations, &value, &a.Unit, &a.Threshold,
		&active, &fired, &resolved, &updated, &keep, &missing,
		&a.Resolution, &recovered, &a.GeneratorURL, &expires, &a.Flaps, &flapping, &healthy)...)
	if err != nil {
		return err
	}
	a.ActiveAt, a.FiredAt, a.ResolvedAt = fromNanos(active), fromNanos(fired), fromNanos(resolved)
	a.UpdatedAt, a.ExpiresAt = fromNanos(updated), fromNanos(expires)
	a.KeepFiringSince, a.MissingSince = fromNanos(keep), fromNanos(missing)
	a.FlappingSince, a.HealthySince = fromNanos(flapping), fromNanos(healthy)

	var errs [5]error
	a.Series, errs[0] = alert.ParseFingerprint(series)
	a.Labels, errs[1] = decodeLabels(labels)
	a.Annotations, errs[2] = decodeLabels(annotations)
	a.Value, errs[3] = fromNumber(value)
	if recovered != "" {
		var v float64
		v, errs[4] = fromNumber(recovered)
		a.RecoveredValue = &v
	}
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("alert %s: %w", a.ID, err)
	}
	return nil
}

// upsertAlerts writes alerts, whether or not they are there already.
func upsertAlerts(ctx context.Context, c *conn, alerts []alert.Alert) error {
	upsert := bulk{
		before: `INSERT INTO alerts (id, rule_id, fingerprint, series, state, labels, annotations, value, unit, threshold,
			active_at, fired_at, resolved_at, updated_at, keep_firing_since, missing_since,
			resolution, recovered_value, generator_url, expires_at, flaps, flapping_since, healthy_since)`,
		columns: 23,
		after: ` ON CONFLICT (id) DO UPDATE SET
			rule_id = excluded.rule_id, fingerprint = excluded.fingerprint, series = excluded.series,
			state = excluded.state, labels = excluded.labels, annotations = excluded.annotations,
			value = excluded.value, unit = excluded.unit, threshold = excluded.threshold,
			active_at = excluded.active_at, fired_at = excluded.fired_at, resolved_at = excluded.resolved_at,
			updated_at = excluded.updated_at, keep_firing_since = excluded.keep_firing_since,
			missing_since = excluded.missing_since, resolution = excluded.resolution,
			recovered_value = excluded.recovered_value, generator_url = excluded.generator_url,
			expires_at = excluded.expires_at, flaps = excluded.flaps,
			flapping_since = excluded.flapping_since, healthy_since = excluded.healthy_since`,
		// All but the id, the fingerprints, the texts and the values.
		alike: []int{1, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22},
	}
	// Ids are hashes. In their order, neighbours share the pages of the index,
	// of which SQLite keeps few in memory.
	order := make([]int, len(alerts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(alerts[a].ID, alerts[b].ID) })
	return upsert.exec(ctx, c, len(alerts), func(i int, args []any) []any {
		a := &alerts[order[i]]
		recovered := ""
		if a.RecoveredValue != nil {
			recovered = number(*a.RecoveredValue)
		}
		return append(args, a.ID, a.RuleID, a.Fingerprint().String(), a.Series.String(), string(a.State),
			encodeLabels(a.Labels), encodeLabels(a.Annotations), number(a.Value), a.Unit, a.Threshold,
			nanos(a.ActiveAt), nanos(a.FiredAt), nanos(a.ResolvedAt), nanos(a.UpdatedAt),
			nanos(a.KeepFiringSince), nanos(a.MissingSince),
			string(a.Resolution), recovered, a.GeneratorURL, nanos(a.ExpiresAt),
			int64(a.Flaps), nanos(a.FlappingSince), nanos(a.HealthySince))
	})
}

// deletePending forgets alerts that ended before they fired. What has fired is
// history and stays, whatever is asked.
func deletePending(ctx context.Context, c *conn, ids []string) error {
	return inChunks(ids, func(args []any) error {
		// The concatenation keeps SQLite from going through all pending ones.
		_, err := c.exec(ctx, "DELETE FROM alerts WHERE state || '' = 'pending' AND id"+anyOf(), args...)
		if err != nil {
			return err
		}
		// One that had fired, and waits again, is in groups.
		_, err = c.exec(ctx, "DELETE FROM group_alerts WHERE alert_id"+anyOf()+" AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = alert_id)", args...)
		return err
	})
}

func (s *sqliteStore) ActiveAlerts(ctx context.Context) (alerts []alert.Alert, err error) {
	defer s.metrics.observe(opActiveAlerts, time.Now(), &err)
	const what = "reading the active alerts"
	alerts = s.active.all()
	err = s.read(ctx, opAcks, what, func(ctx context.Context, c *conn) error {
		return attachAcks(ctx, c, alerts, "FROM acks k")
	})
	if err != nil {
		return nil, err
	}
	return alerts, nil
}

func (s *sqliteStore) EndedAlerts(ctx context.Context, since time.Time) (alerts []alert.Alert, err error) {
	err = s.read(ctx, opEndedAlerts, "reading the alerts that have ended", snapshot(func(ctx context.Context, c *conn) error {
		alerts, err = collect(ctx, c, alerts, scanAlert,
			"SELECT "+alertColumns+" FROM alerts a WHERE a.state = 'resolved' AND a.resolved_at >= ?", nanos(since))
		if err != nil {
			return err
		}
		return attachAcks(ctx, c, alerts, "FROM acks k")
	}))
	slices.SortStableFunc(alerts, func(a, b alert.Alert) int { return a.FiredAt.Compare(b.FiredAt) })
	return alerts, err
}

func (s *sqliteStore) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	if e.Empty() {
		return nil
	}
	what := fmt.Sprintf("committing the evaluation of %q", e.Group)
	if e.At.IsZero() {
		return fmt.Errorf("%s: it has no time", what)
	}
	commit := func(ctx context.Context, c *conn) error {
		if err := deletePending(ctx, c, e.Deletes); err != nil {
			return fmt.Errorf("deleting pending alerts: %w", err)
		}
		kept := make(map[string]bool, len(e.Upserts))
		for i := range e.Upserts {
			kept[e.Upserts[i].ID] = true
		}
		if err := appendEvents(ctx, c, e.Events, kept); err != nil {
			return fmt.Errorf("appending to the history: %w", err)
		}
		if err := s.touchGroups(ctx, c, e); err != nil {
			return fmt.Errorf("marking groups due: %w", err)
		}
		if err := s.markEnded(ctx, c, e); err != nil {
			return fmt.Errorf("marking the groups of ended alerts due: %w", err)
		}
		if err := upsertAlerts(ctx, c, e.Completed()); err != nil {
			return fmt.Errorf("writing alerts: %w", err)
		}
		if err := writeRouting(ctx, c, e); err != nil {
			return fmt.Errorf("writing the routing that its alerts follow: %w", err)
		}
		return nil
	}
	weight := 1 + len(e.Upserts) + len(e.Deletes) + len(e.Touched)
	return s.writeMember(ctx, opCommitEvaluation, what, &member{do: commit, weight: weight, after: func() { s.active.committed(e) }})
}

func (s *sqliteStore) DeliveryAlerts(ctx context.Context, d *alert.Delivery) ([]alert.Alert, error) {
	ids := slices.Concat(d.Content.Firing, d.Content.Resolved)
	found := make([]alert.Alert, 0, len(ids))
	err := s.read(ctx, opDeliveryAlerts, "reading the alerts of delivery "+d.ID, snapshot(func(ctx context.Context, c *conn) error {
		err := inChunks(ids, func(args []any) (err error) {
			found, err = collect(ctx, c, found, scanAlert, "SELECT "+alertColumns+" FROM alerts a WHERE a.id"+anyOf(), args...)
			return err
		})
		if err != nil {
			return err
		}
		return attachAcks(ctx, c, found, "FROM acks k")
	}))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*alert.Alert, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	alerts := make([]alert.Alert, 0, len(found))
	for _, id := range ids {
		if a := byID[id]; a != nil {
			alerts = append(alerts, *a)
			delete(byID, id) // named twice, it is still one alert
		}
	}
	return alerts, nil
}
