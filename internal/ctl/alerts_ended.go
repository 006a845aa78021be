package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// endedAlert is an alert of alertd's own API.
type endedAlert struct {
	Labels         alert.Labels `json:"labels"`
	State          alert.State  `json:"state"`
	Unit           string       `json:"unit"`
	ActiveAt       time.Time    `json:"activeAt"`
	ResolvedAt     time.Time    `json:"resolvedAt"`
	Resolution     string       `json:"resolution"`
	RecoveredValue string       `json:"recoveredValue"`
	Flapping       struct {
		Fired int `json:"fired"`
	} `json:"flapping"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (i *endedAlert) UnmarshalJSON(data []byte) error {
	type known endedAlert
	i.raw = bytes.Clone(data)
	return json.Unmarshal(data, (*known)(i))
}

// MarshalJSON writes the alert as alertd wrote it.
func (i *endedAlert) MarshalJSON() ([]byte, error) { return i.raw, nil }

// endedAlerts lists what ended so lately, the latest first.
func (c *cli) endedAlerts(ctx context.Context, ms alert.Matchers, lately string) error {
	if _, err := model.ParseDuration(lately); err != nil {
		return usage("--ended: %q is not a duration such as 24h", lately)
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	query := filter(ms)
	if query == nil {
		query = url.Values{}
	}
	query.Set("ended", lately)
	var all []*endedAlert
	if err := server.ask(ctx, request{doing: "list the ended alerts of", path: "api/v1/alerts", query: query}, &all); err != nil {
		return err
	}
	ended := slices.DeleteFunc(present(all), func(i *endedAlert) bool { return i.State != alert.Resolved })
	slices.SortStableFunc(ended, func(a, b *endedAlert) int { return b.ResolvedAt.Compare(a.ResolvedAt) })
	return c.print(ended, func() {
		if len(ended) == 0 {
			c.err.printf("No alert that matches what you asked for has ended in the last %s.\n", neutral(lately))
			return
		}
		c.endedTable(ended).print(c.out)
	})
}

func (c *cli) endedTable(ended []*endedAlert) *table {
	now := c.Now()
	t := &table{header: []string{"ALERT", "ENDED", "LASTED", "VALUE NOW", "WHY", "LABELS"}}
	for _, i := range ended {
		why := i.Resolution
		if i.Flapping.Fired > 0 {
			why += fmt.Sprintf(", fired %d times", i.Flapping.Fired)
		}
		t.add(
			cell{i.Labels.Get(alert.AlertName), bold},
			text(ago(i.ResolvedAt, now)),
			text(spell(i.ResolvedAt.Sub(i.ActiveAt))),
			text(i.recovered()),
			text(why),
			text(typedLabels(i.Labels.Without(alert.AlertName))),
		)
	}
	return t
}

// recovered is the value that proved the alert healthy, with its unit.
func (i *endedAlert) recovered() string {
	switch {
	case i.RecoveredValue == "" || i.Unit == alert.Presence:
		return ""
	case i.Unit == "" || i.Unit == "timestamp":
		return i.RecoveredValue
	default:
		return i.RecoveredValue + " " + i.Unit
	}
}
