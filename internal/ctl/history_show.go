package ctl

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

func (c *cli) incidentHistory(ctx context.Context, server *client, query url.Values, limit int) error {
	raw, more, err := server.pages(ctx, request{doing: "list the incidents of", path: "api/v1/incidents", query: query}, "incidents", limit)
	if err != nil {
		return err
	}
	incidents, err := decoded[apiv1.Incident](raw)
	if err != nil {
		return err
	}
	return c.print(raw, func() {
		if len(raw) == 0 {
			c.err.printf("No incident like that was firing in that time.\n")
			return
		}
		c.historyTable(incidents).print(c.out)
		c.sayMore(more, limit)
	})
}

func (c *cli) sayMore(more bool, limit int) {
	if more {
		c.err.printf("These are the first %d: --limit 0 lists all.\n", limit)
	}
}

func (c *cli) historyTable(incidents []apiv1.Incident) *table {
	now := c.Now()
	t := &table{header: []string{"STARTED", "LASTED", "ALERT", "SEVERITY", "ENDED", "TOLD", "LABELS"}}
	for i := range incidents {
		in := &incidents[i]
		ended, lasted := cell{"still firing", red}, now.Sub(sinceOf(&in.Alert))
		if in.ResolvedAt != nil {
			ended, lasted = cell{in.Resolution, plain}, in.ResolvedAt.Sub(sinceOf(&in.Alert))
			if in.RecoveredValue != nil && in.Unit != "timestamp" && in.Unit != alert.Presence {
				ended.text += ", " + strings.TrimSpace(*in.RecoveredValue+" "+in.Unit)
			}
		}
		name := in.Labels.Get(alert.AlertName)
		if in.Flapping != nil {
			name += fmt.Sprintf(" (flapping, %d times)", in.Flapping.Fired)
		}
		t.add(text(storyTime(sinceOf(&in.Alert), now)), text(spell(lasted)), cell{name, bold}, text(in.Labels.Get("severity")),
			ended, toldCell(in), text(typedLabels(in.Labels.Without(alert.AlertName, "severity"))))
	}
	return t
}

// toldCell says who was told of an incident, and how soon first.
func toldCell(in *apiv1.Incident) cell {
	if len(in.Told) == 0 {
		return cell{"nobody", faint}
	}
	told := slices.Clone(in.Told)
	slices.SortStableFunc(told, func(a, b apiv1.Told) int { return a.At.Compare(b.At) })
	names := make([]string, len(told))
	for i := range told {
		names[i] = told[i].Integration
	}
	return text(strings.Join(names, ", ") + " after " + spell(max(0, told[0].At.Sub(sinceOf(&in.Alert)))))
}

func (c *cli) eventHistory(ctx context.Context, server *client, query url.Values, limit int) error {
	raw, more, err := server.pages(ctx, request{doing: "read the history of", path: "api/v1/history", query: query}, "events", limit)
	if err != nil {
		return err
	}
	events, err := decoded[apiv1.Event](raw)
	if err != nil {
		return err
	}
	return c.print(raw, func() {
		if len(raw) == 0 {
			c.err.printf("The history has no such line in that time.\n")
			return
		}
		now := c.Now()
		t := &table{header: []string{"TIME", "EVENT", "ALERT", "INTEGRATION", "LABELS", "DETAIL"}}
		for _, e := range events {
			t.add(text(storyTime(e.At, now)), cell{e.Kind, eventStyle(e.Kind)}, cell{e.Labels.Get(alert.AlertName), bold}, text(e.Integration),
				text(typedLabels(e.Labels.Without(alert.AlertName))), text(e.Detail))
		}
		t.print(c.out)
		c.sayMore(more, limit)
	})
}
