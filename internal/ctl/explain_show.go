package ctl

import (
	"fmt"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// storyTime is how moments are written in a story: with the date where it is not
// today's.
func storyTime(at, now time.Time) string {
	at = at.In(now.Location())
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04:05")
	}
	return at.Format("2006-01-02 15:04:05")
}

func (c *cli) showStory(s *apiv1.Story) {
	now := s.At.In(c.Now().Location())
	a := &s.Alert
	state := cell{a.State + " since " + storyTime(sinceOf(a), now) + " (" + spell(now.Sub(sinceOf(a))) + ")", red}
	switch {
	case a.ResolvedAt != nil:
		state = cell{"ended at " + storyTime(*a.ResolvedAt, now) + " (" + a.Resolution + ")", green}
	case a.State == string(alert.Pending):
		state.style = yellow
	}
	c.out.printf("%s %s\n", c.out.paint(oneLine(a.Labels.Get(alert.AlertName)), bold), oneLine(typedLabels(a.Labels.Without(alert.AlertName))))
	fields := []field{{"State", state}, {"Summary", text(first(a.Annotations.Get("summary"), a.Annotations.Get("description")))}}
	if a.RuleValue() != "" {
		fields = append(fields, field{"Value", text(a.RuleValue())})
	}
	if a.MissingSince != nil {
		fields = append(fields, field{"No data", cell{"since " + storyTime(*a.MissingSince, now) + ": kept as it was", yellow}})
	}
	if a.Flapping != nil {
		fields = append(fields, field{"Flapping", cell{fmt.Sprintf("fired %d times since %s", a.Flapping.Fired, storyTime(a.Flapping.Since, now)), yellow}})
	}
	c.fields(append(fields, ruleFields(s, now)...))
	c.storyLines("What happened", s.Past, now, false)
	c.showQuiet(s, now)
	c.showRoutes(s)
	c.section("Who is told", toldTable(s, now))
	c.storyLines("What is next", s.Next, now, true)
	for _, note := range s.NotComplete {
		c.out.printf("\nNote: %s.\n", oneLine(note))
	}
	c.out.printf("\nIt is %s; all times are of that zone.\n", now.Format("2006-01-02 15:04:05 MST"))
}

// sinceOf is when the alert came into its state.
func sinceOf(a *apiv1.Alert) time.Time {
	if a.FiredAt != nil {
		return *a.FiredAt
	}
	return a.ActiveAt
}

func ruleFields(s *apiv1.Story, now time.Time) []field {
	r := s.Rule
	if r == nil {
		return []field{{"Rule", cell{s.RuleMissing, faint}}}
	}
	fields := []field{{"Rule", text(r.Name + " of group " + r.Group)}, {"Expression", text(r.Expression)}}
	if r.ForSeconds > 0 {
		fields = append(fields, field{"For", text(spell(seconds(r.ForSeconds)))})
	}
	if r.LastError != "" {
		fields = append(fields, field{"Evaluation", cell{"fails: " + r.LastError, red}})
	} else if r.LastEvaluation != nil {
		fields = append(fields, field{"Evaluated", text(ago(*r.LastEvaluation, now))})
	}
	return fields
}

func (c *cli) storyLines(title string, lines []apiv1.StoryLine, now time.Time, future bool) {
	if len(lines) == 0 {
		return
	}
	c.out.printf("\n%s\n", c.out.paint(title, bold))
	for _, l := range lines {
		when := ""
		if future {
			when = " (in " + spell(l.At.Sub(now)) + ")"
		}
		c.out.printf("  %s  %s%s\n", storyTime(l.At, now), c.out.paint(oneLine(l.Text), eventStyle(l.Kind)), when)
	}
}

// eventStyle is how an event of that kind is shown.
func eventStyle(kind string) style {
	switch alert.EventKind(kind) {
	case alert.EventFiring, alert.EventFailed, alert.EventGaveUp:
		return red
	case alert.EventResolved, alert.EventDelivered:
		return green
	case alert.EventMissing, alert.EventSuppressed, alert.EventFlapping:
		return yellow
	default:
		return plain
	}
}

func (c *cli) showQuiet(s *apiv1.Story, now time.Time) {
	if len(s.Suppressed) == 0 {
		return
	}
	c.out.printf("\n%s\n", c.out.paint("Kept quiet", bold))
	for _, q := range s.Suppressed {
		until := "until it ends"
		if q.Until != nil {
			until = "until " + storyTime(*q.Until, now)
		}
		who := first(q.Who, "nobody named")
		var line string
		switch q.By {
		case apiv1.ByAck:
			line = fmt.Sprintf("acknowledged by %s, %s: nobody is told again", who, until)
		case apiv1.ByInhibition:
			line = "inhibited by " + who + ", until that ends"
		case apiv1.ByMute:
			line = fmt.Sprintf("muted by the time interval %s, %s", who, until)
		default:
			line = fmt.Sprintf("by a %s of %s, %s", q.By, who, until)
		}
		if q.Comment != "" {
			line += ": " + q.Comment
		}
		if q.ID != "" {
			line += " (" + q.ID + ")"
		}
		c.out.printf("  %s\n", c.out.paint(oneLine(line), yellow))
	}
}

func (c *cli) showRoutes(s *apiv1.Story) {
	if len(s.Routes) == 0 {
		return
	}
	c.out.printf("\n%s\n", c.out.paint("Routed", bold))
	for _, r := range s.Routes {
		grouped := "alone"
		if len(r.GroupedBy) > 0 {
			grouped = "with others of " + typedLabels(r.GroupedBy)
		}
		c.out.printf("  %s\n", oneLine(strings.Join(r.Path, " > ")+" > receiver "+r.Receiver))
		c.out.printf("    %s; first message after %s, changes every %s, repeated every %s\n", oneLine(grouped),
			spell(seconds(r.GroupWaitSeconds)), spell(seconds(r.GroupIntervalSeconds)), spell(seconds(r.RepeatIntervalSeconds)))
	}
}

func toldTable(s *apiv1.Story, now time.Time) *table {
	t := &table{header: []string{"INTEGRATION", "STATE", "WHY", "FIRST TOLD", "LAST TOLD", "NEXT", errorColumn}}
	when := func(at *time.Time) string {
		if at == nil {
			return ""
		}
		return storyTime(*at, now)
	}
	for _, i := range s.Told {
		state := cell{i.State, plain}
		switch i.State {
		case "told":
			state.style = green
		case "failing", "refused":
			state.style = red
			if i.Attempts > 0 {
				state.text += fmt.Sprintf(" (%s)", count(i.Attempts, "attempt"))
			}
		case "suppressed", "waiting":
			state.style = yellow
		}
		t.add(text(i.Integration), state, text(i.Reason), text(when(i.FirstTold)), text(when(i.LastTold)), text(when(i.NextAt)), text(i.Error))
	}
	return t
}
