package ctl

import (
	"fmt"
	"strings"
	"time"

	"alertd/internal/web/apiv1"
)

// shownFailures is how many failures of one kind the table of status shows.
const shownFailures = 10

func (c *cli) showStatus(server *client, st *ownStatus, n alertCounts) {
	now := c.Now()
	ready := cell{"yes", green}
	if !st.Ready {
		ready = cell{"no: " + first(st.NotReady, "it does not say why"), red}
	}
	rules, pending, failing := countRules(st.RuleGroups)
	due, oldest := countQueue(st.Queue)
	c.fields([]field{
		{"Server", text(server.settings.display())},
		{"Version", text("alertd " + described(st.Version.Version, st.Version.Commit, st.Version.Date))},
		{"Up", text(spell(now.Sub(st.StartedAt)) + ", since " + moment(st.StartedAt, now))},
		{"Ready", ready},
		{"Rules", cell{rules, warnIf(failing > 0)}},
		{"Alerts", cell{n.String() + pending, alarmIf(n.Firing > 0)}},
		{"Queue", cell{due, warnIf(oldest > time.Minute)}},
		{"Storage", text(storageText(st.Storage, now))},
		{"Undelivered", cell{deadCount(st.Dead), alarmIf(len(st.Dead) > 0)}},
	})
	c.section("Rule groups", groupTable(st.RuleGroups, now))
	c.section("Waiting to be told", queueTable(st.Queue))
	c.section("Could not be told", deadTable(st.Dead, now))
	if more := len(st.Dead) - shownFailures; more > 0 {
		c.out.printf("and %d more: -o json has them all\n", more)
	}
}

func (c *cli) showAMStatus(server *client, st *amStatus, ready bool, n alertCounts) {
	now := c.Now()
	answer := cell{"yes", green}
	if !ready {
		answer = cell{"no", red}
	}
	c.fields([]field{
		{"Server", text(server.settings.display())},
		{"Version", text("Alertmanager " + described(first(st.VersionInfo.Version, "of an unknown version"), st.VersionInfo.Revision, ""))},
		{"Up", text(spell(now.Sub(st.Uptime)) + ", since " + moment(st.Uptime, now))},
		{"Ready", answer},
		{"Cluster", text(st.Cluster.Status + ", " + count(len(st.Cluster.Peers), "peer"))},
		{"Alerts", cell{n.String(), alarmIf(n.Firing > 0)}},
	})
}

// section prints a table under a title, or nothing for an empty one.
func (c *cli) section(title string, t *table) {
	if len(t.rows) > 0 {
		c.out.printf("\n%s\n", c.out.paint(title, bold))
		t.print(c.out)
	}
}

// groupTable lists every group of rules, and below each what fails in it.
func groupTable(groups []ruleGroup, now time.Time) *table {
	t := &table{header: []string{"GROUP", "RULES", "EVALUATED", "TOOK", "FAILING", errorColumn}}
	for _, g := range groups {
		var failing []string
		lastError := ""
		for _, r := range g.Rules {
			if r.Health == "err" {
				failing = append(failing, r.Name)
				lastError = first(lastError, r.LastError)
			}
		}
		evaluated, took := "not yet", ""
		if g.LastEvaluation != nil {
			evaluated = ago(*g.LastEvaluation, now)
			took = seconds(g.EvaluationSeconds).Round(100 * time.Microsecond).String()
		}
		t.add(text(g.Name), text(fmt.Sprint(len(g.Rules))), text(evaluated), text(took),
			cell{strings.Join(failing, ", "), yellow}, text(lastError))
	}
	return t
}

func queueTable(queue []queued) *table {
	t := &table{header: []string{"INTEGRATION", "MESSAGES", "OLDEST"}}
	for _, q := range queue {
		if q.Due > 0 {
			t.add(text(q.Integration), text(fmt.Sprint(q.Due)), text(spell(seconds(q.OldestAgeSeconds))))
		}
	}
	return t
}

func deadTable(dead []deadLetters, now time.Time) *table {
	t := &table{header: []string{"WHEN", "RECEIVER", "INTEGRATION", "OUTCOME", "ATTEMPTS", errorColumn}}
	for _, d := range dead[:min(len(dead), shownFailures)] {
		outcome := d.State
		if d.State == "dead" {
			outcome = "refused"
		}
		t.add(text(ago(d.FinishedAt, now)), text(d.Receiver), text(d.Integration), cell{outcome, red},
			text(fmt.Sprint(d.Attempts)), text(d.Error))
	}
	return t
}

// countRules says how many rules there are and fail, and, for the line of the
// alerts, how many wait for their time.
func countRules(groups []ruleGroup) (rules, pending string, failing int) {
	total, waiting := 0, 0
	for _, g := range groups {
		total += len(g.Rules)
		for _, r := range g.Rules {
			if r.Health == "err" {
				failing++
			}
			if r.State == "pending" {
				waiting++
			}
		}
	}
	rules = count(total, "rule") + " in " + count(len(groups), "group")
	if failing > 0 {
		rules += fmt.Sprintf(", %d failing", failing)
	}
	if waiting > 0 {
		pending = ", " + count(waiting, "rule") + " pending"
	}
	return rules, pending, failing
}

func countQueue(queue []queued) (text string, oldest time.Duration) {
	due := 0
	for _, q := range queue {
		if q.Due > 0 {
			due += q.Due
			oldest = max(oldest, seconds(q.OldestAgeSeconds))
		}
	}
	if due == 0 {
		return "empty", 0
	}
	return count(due, "message") + ", the oldest for " + spell(oldest), oldest
}

// storageText says how much is kept, and since when there is history; "" where the
// server does not say.
func storageText(s apiv1.Storage, now time.Time) string {
	if s.SizeBytes == 0 {
		return ""
	}
	text := megabytes(s.SizeBytes)
	if s.RetentionSizeBytes > 0 {
		text += " of " + megabytes(s.RetentionSizeBytes)
	}
	if s.Oldest != nil {
		text += ", history since " + moment(*s.Oldest, now)
	}
	return text
}

// megabytes writes a size in units of 1024, as it is configured.
func megabytes(bytes int64) string {
	if bytes >= 10<<20 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

// deadCount says how many messages could not be told; alertd lists the last
// ones only.
func deadCount(dead []deadLetters) string {
	if len(dead) == 0 {
		return "nothing"
	}
	return count(len(dead), "message")
}

func (n alertCounts) String() string {
	texts := []string{fmt.Sprintf("%d %s", n.Firing, stateFiring)}
	for _, quiet := range []struct {
		n     int
		state string
	}{{n.Silenced, stateSilenced}, {n.Inhibited, stateInhibited}, {n.Muted, stateMuted}} {
		if quiet.n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", quiet.n, quiet.state))
		}
	}
	return strings.Join(texts, ", ")
}

func alarmIf(bad bool) style {
	if bad {
		return red
	}
	return plain
}

func warnIf(bad bool) style {
	if bad {
		return yellow
	}
	return plain
}

// seconds returns a number of seconds as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
