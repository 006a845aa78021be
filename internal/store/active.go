package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"alertd/internal/alert"
)

// activeAlerts is the pending and firing alerts as the database has them, read
// once and kept by each commit: many ask for all of them, again and again.
type activeAlerts struct {
	mu   sync.RWMutex
	byID map[string]*alert.Alert // what is pointed to does not change
}

// load reads the active alerts. Nobody writes meanwhile.
func (a *activeAlerts) load(ctx context.Context, c *conn) error {
	alerts, err := collect(ctx, c, []alert.Alert(nil), scanAlert,
		"SELECT "+alertColumns+" FROM alerts a WHERE a.state IN ('pending', 'firing')")
	if err != nil {
		return fmt.Errorf("reading the active alerts: %w", err)
	}
	a.byID = make(map[string]*alert.Alert, len(alerts))
	for i := range alerts {
		one := alerts[i]
		a.byID[one.ID] = &one
	}
	return nil
}

// committed takes over what an evaluation changed. It is called in the order of
// commits.
func (a *activeAlerts) committed(e *alert.Evaluation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range e.Upserts {
		if u := &e.Upserts[i]; u.Active() {
			one := stored(u)
			a.byID[u.ID] = &one
		} else {
			delete(a.byID, u.ID)
		}
	}
	for _, id := range e.Deletes {
		if known := a.byID[id]; known != nil && known.State == alert.Pending {
			delete(a.byID, id)
		}
	}
}

// forget takes over that alerts were deleted.
func (a *activeAlerts) forget(ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range ids {
		delete(a.byID, id)
	}
}

func (a *activeAlerts) all() []alert.Alert {
	a.mu.RLock()
	defer a.mu.RUnlock()
	alerts := make([]alert.Alert, 0, len(a.byID))
	for _, one := range a.byID {
		alerts = append(alerts, *one)
	}
	return alerts
}

// stored returns an alert as reading it from the database would.
func stored(a *alert.Alert) alert.Alert {
	s := *a
	s.Ack = nil
	if a.RecoveredValue != nil {
		v := *a.RecoveredValue
		s.RecoveredValue = &v
	}
	for _, t := range []*time.Time{
		&s.ActiveAt, &s.FiredAt, &s.ResolvedAt, &s.UpdatedAt, &s.KeepFiringSince,
		&s.MissingSince, &s.FlappingSince, &s.HealthySince, &s.ExpiresAt,
	} {
		*t = fromNanos(nanos(*t))
	}
	return s
}
