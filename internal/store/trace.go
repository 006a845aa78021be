package store

import (
	"context"
	"database/sql"
	"slices"

	"alertd/internal/alert"
)

// traced is how many deliveries, and how many events of each of its groups, a
// trace has at most.
const traced = 300

func (s *sqliteStore) Trace(ctx context.Context, id string) (*alert.Trace, error) {
	t := &alert.Trace{}
	err := s.read(ctx, opTrace, "reading what is recorded of alert "+id, snapshot(func(ctx context.Context, c *conn) error {
		*t = alert.Trace{}
		found, err := collect(ctx, c, []alert.Alert(nil), scanAlert, "SELECT "+alertColumns+" FROM alerts a WHERE a.id = ?", id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		if err := attachAcks(ctx, c, found, "FROM acks k WHERE k.alert_id = ?", id); err != nil {
			return err
		}
		one := []alert.Incident{{Alert: found[0]}}
		if err := addFirstTold(ctx, c, one); err != nil {
			return err
		}
		t.Incident = one[0]
		t.Groups, err = collect(ctx, c, t.Groups, func(rows *sql.Rows, key *alert.GroupKey) error { return rows.Scan(key) },
			"SELECT group_key FROM group_alerts WHERE alert_id = ? ORDER BY group_key", id)
		if err != nil {
			return err
		}
		if err := traceDeliveries(ctx, c, t); err != nil {
			return err
		}
		return traceEvents(ctx, c, t)
	}))
	if err != nil {
		return nil, err
	}
	return t, nil
}

// traceDeliveries reads the deliveries that name the alert.
func traceDeliveries(ctx context.Context, c *conn, t *alert.Trace) error {
	named := `"` + t.ID + `"`
	for _, state := range []alert.DeliveryState{
		alert.DeliveryDue, alert.DeliveryDelivered, alert.DeliveryDead, alert.DeliveryExpired, alert.DeliverySuperseded,
	} {
		var err error
		t.Deliveries, err = collect(ctx, c, t.Deliveries, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
			WHERE state = ? AND created_at >= ? AND instr(content, ?) > 0 ORDER BY created_at DESC, id DESC LIMIT ?`,
			string(state), nanos(t.ActiveAt), named, traced)
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(t.Deliveries, func(a, b alert.Delivery) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return nil
}

// traceEvents reads the events of the alert, and of the groups that it was told
// in, from its first breach until the last that was told of it.
func traceEvents(ctx context.Context, c *conn, t *alert.Trace) (err error) {
	t.Events, err = collect(ctx, c, t.Events, scanEvent, "SELECT "+eventColumns+` FROM events e LEFT JOIN alerts a ON a.id = e.alert_id
		WHERE e.alert_id = ? AND e.alert_id <> '' AND e.kind NOT IN ('pending', 'firing', 'resolved')
		ORDER BY e.at DESC, e.id DESC LIMIT ?`, t.ID, traced)
	if err != nil {
		return err
	}
	groups := slices.Clone(t.Groups)
	until := latest(t.ResolvedAt)
	for i := range t.Deliveries {
		d := &t.Deliveries[i]
		if !slices.Contains(groups, d.Group) {
			groups = append(groups, d.Group)
		}
		until = max(until, nanos(d.FinishedAt))
	}
	for _, key := range groups {
		t.Events, err = collect(ctx, c, t.Events, scanEvent, "SELECT "+eventColumns+` FROM events e LEFT JOIN alerts a ON a.id = e.alert_id
			WHERE e.group_key = ? AND e.group_key <> '' AND e.at >= ? AND e.at <= ? AND e.alert_id = ''
			ORDER BY e.at DESC, e.id DESC LIMIT ?`, string(key), nanos(t.ActiveAt), until, traced)
		if err != nil {
			return err
		}
	}
	slices.Reverse(t.Events) // those of one moment too are in the order of writing
	slices.SortStableFunc(t.Events, func(a, b alert.Event) int { return a.At.Compare(b.At) })
	return nil
}
