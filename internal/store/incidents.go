package store

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

// writeFirstTold records when the delivery's integration heard of the alerts,
// unless it had heard of them before.
func writeFirstTold(ctx context.Context, c *conn, d *alert.Delivery, now time.Time) error {
	heard := slices.Concat(d.Content.Firing, d.Content.Resolved)
	slices.Sort(heard) // neighbours share pages
	insert := bulk{
		before: "INSERT INTO first_told (alert_id, integration, at)", columns: 3, after: " ON CONFLICT DO NOTHING", alike: []int{1, 2},
	}
	return insert.exec(ctx, c, len(heard), func(i int, args []any) []any {
		return append(args, heard[i], d.Integration, nanos(now))
	})
}

// Both lists of incidents are in the order of the index alerts_by_state, whose
// last column is the rowid; it stays with a record for as long as that is kept.
const (
	stillFiring = `SELECT a.rowid, ` + alertColumns + ` FROM alerts a
		WHERE a.state = 'firing' AND a.resolved_at = 0 AND a.rowid < ? ORDER BY a.rowid DESC LIMIT ?`
	haveEnded = `SELECT a.rowid, ` + alertColumns + ` FROM alerts a
		WHERE a.state = 'resolved' AND (a.resolved_at, a.rowid) < (?, ?) AND a.resolved_at >= ?
		ORDER BY a.resolved_at DESC, a.rowid DESC LIMIT ?`
)

func (s *sqliteStore) Incidents(ctx context.Context, q alert.IncidentQuery) (*alert.IncidentPage, error) {
	page := &alert.IncidentPage{}
	err := s.read(ctx, opIncidents, "reading the incidents", snapshot(func(ctx context.Context, c *conn) error {
		*page = alert.IncidentPage{}
		l := incidentList{query: &q, page: page}
		if q.AlertID != "" {
			if _, err := each(ctx, c, l.row, "SELECT a.rowid, "+alertColumns+" FROM alerts a WHERE a.id = ? AND a.fired_at > 0", q.AlertID); err != nil {
				return err
			}
			return addFirstTold(ctx, c, page.Incidents)
		}
		q.Limit = max(q.Limit, 1) // so that a page leads on
		from, before, row := earliest(q.From), int64(math.MaxInt64), int64(math.MaxInt64)
		if q.After.Ended.IsZero() {
			if q.After.Row > 0 {
				row = q.After.Row
			}
			more, err := each(ctx, c, l.row, stillFiring, row, pageScan+1)
			if err != nil {
				return err
			}
			if more {
				page.Next = l.last
				return addFirstTold(ctx, c, page.Incidents)
			}
			row = math.MaxInt64
		} else {
			before, row = nanos(q.After.Ended), q.After.Row
		}
		more, err := each(ctx, c, l.row, haveEnded, before, row, from, pageScan+1)
		if err != nil {
			return err
		}
		if more {
			page.Next = l.last
		}
		return addFirstTold(ctx, c, page.Incidents)
	}))
	if err != nil {
		return nil, err
	}
	return page, nil
}

// incidentList gathers a page.
type incidentList struct {
	query *alert.IncidentQuery
	page  *alert.IncidentPage
	seen  int
	last  alert.IncidentCursor
}

// row takes one row, or tells that the page is full.
func (l *incidentList) row(rows *sql.Rows) (bool, error) {
	if len(l.page.Incidents) >= l.query.Limit || l.seen == pageScan {
		return false, nil
	}
	var in alert.Incident
	var row int64
	if err := scanAlertAfter(rows, &in.Alert, &row); err != nil {
		return false, err
	}
	l.seen, l.last = l.seen+1, alert.IncidentCursor{Ended: in.ResolvedAt, Row: row}
	q := l.query
	switch {
	case !q.To.IsZero() && !in.FiredAt.Before(q.To),
		!q.Matchers.Matches(in.Labels),
		!strings.HasPrefix(in.Fingerprint().String(), q.Fingerprint):
	default:
		l.page.Incidents = append(l.page.Incidents, in)
	}
	return true, nil
}

// addFirstTold fills in whom the incidents were told to.
func addFirstTold(ctx context.Context, c *conn, incidents []alert.Incident) error {
	byID := make(map[string]*alert.Incident, len(incidents))
	ids := make([]string, len(incidents))
	for i := range incidents {
		ids[i] = incidents[i].ID
		byID[ids[i]] = &incidents[i]
	}
	return inChunks(ids, func(args []any) error {
		_, err := each(ctx, c, func(rows *sql.Rows) (bool, error) {
			var id string
			var told alert.FirstTold
			var at int64
			if err := rows.Scan(&id, &told.Integration, &at); err != nil {
				return false, err
			}
			told.At = fromNanos(at)
			byID[id].Told = append(byID[id].Told, told)
			return true, nil
		}, "SELECT alert_id, integration, at FROM first_told WHERE alert_id"+anyOf()+" ORDER BY alert_id, integration", args...)
		return err
	})
}
