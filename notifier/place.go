package notifier

import (
	"cmp"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"alertd/internal/alert"
)

// Bounds of what people read, in UTF-16 code units.
const (
	maxLabelValue  = 120
	maxWhere       = 300
	maxSummary     = 300
	maxDescription = 1500
	// maxSilenceValue is the longest label value worth typing, in bytes.
	maxSilenceValue = 128
)

// placeRank orders the labels that tell where, most telling first. Labels that
// it does not name come between the named ones and the instance.
func placeRank(name string) int {
	named := []string{"cron_job", "name", "container", "pod", "service", "unit", "mountpoint", "queue", "topic", "device"}
	switch i := slices.Index(named, name); {
	case i >= 0:
		return i
	case name == "instance":
		return len(named) + 1
	default:
		return len(named)
	}
}

// tellsNothing tells whether a label is about the rule or the scrape rather
// than about where something is wrong.
func tellsNothing(name string) bool {
	switch name {
	case alert.AlertName, "severity", "job", "monitor", "prometheus", "prometheus_replica", "replica",
		"team", "source", "fstype", "id", "image", "endpoint", "uid", alert.DrillLabel, alert.DrillReceiverLabel:
		return true
	}
	return strings.HasPrefix(name, "__") || strings.HasPrefix(name, "container_label_")
}

// placeOf returns the labels that tell where, most telling first.
func placeOf(labels alert.Labels) []alert.Label {
	var out []alert.Label
	for _, l := range labels {
		if tellsNothing(l.Name) || l.Name == "device" && labels.Has("mountpoint") {
			continue
		}
		out = append(out, l)
	}
	if len(out) == 0 && labels.Has("job") {
		out = append(out, alert.Label{Name: "job", Value: labels.Get("job")})
	}
	slices.SortStableFunc(out, func(a, b alert.Label) int {
		return cmp.Compare(placeRank(a.Name), placeRank(b.Name))
	})
	return out
}

// placeWords writes labels for people: mountpoint=/data, instance=db-1:9100.
func placeWords(place []alert.Label) string {
	parts := make([]string, len(place))
	for i, l := range place {
		parts[i] = CleanLine(l.Name) + "=" + Shorten(CleanLine(l.Value), maxLabelValue)
	}
	return Shorten(strings.Join(parts, ", "), maxWhere)
}

// placeShort writes labels for a title or a list: their values only where that
// is clear.
func placeShort(place []alert.Label) string {
	if len(place) == 0 {
		return ""
	}
	first := Shorten(CleanLine(place[0].Value), maxLabelValue)
	if place[0].Name == "instance" {
		return first
	}
	for _, l := range place[1:] {
		if l.Name == "instance" && !exporterAddress(l.Value) {
			return first + " on " + Shorten(CleanLine(l.Value), maxLabelValue)
		}
	}
	return first
}

// exporterAddress tells whether an instance names an exporter beside us rather
// than a host, as it does under docker compose.
func exporterAddress(instance string) bool {
	host, _, err := net.SplitHostPort(instance)
	if err != nil {
		host = instance
	}
	switch strings.ReplaceAll(host, "_", "-") {
	case "localhost", "127.0.0.1", "::1", "node-exporter", "cadvisor", "prometheus":
		return true
	}
	return false
}

// silenceCommand returns the shell command that silences alerts with the given
// name and labels, or "" where none can be typed. Values that do not belong on
// a command line are left out; the silence is then the wider for it.
func silenceCommand(name string, place []alert.Label) string {
	if !typable(name) {
		return ""
	}
	args := []string{"alertctl", "silence", "add", shellQuote(matcherText(alert.AlertName, name))}
	for _, l := range place {
		if typable(l.Name) && typable(l.Value) {
			args = append(args, shellQuote(matcherText(l.Name, l.Value)))
		}
	}
	return strings.Join(append(args, "--duration", "2h", "--comment", `"why"`), " ")
}

// typable tells whether a value can be pasted into a terminal and shown as code
// in every channel: short, visible, and without backticks.
func typable(s string) bool {
	return s != "" && len(s) <= maxSilenceValue && utf8.ValidString(s) && CleanLine(s) == s && !strings.Contains(s, "`")
}

// matcherText writes a matcher as alertctl and amtool read it.
func matcherText(name, value string) string {
	if !madeOf(name, "_") || name[0] <= '9' {
		name = doubleQuote(name)
	}
	if !madeOf(value, "_./:@%+-") {
		value = doubleQuote(value)
	}
	return name + "=" + value
}

// madeOf tells whether s is nothing but ASCII letters, digits and the marks.
func madeOf(s, marks string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(marks, r):
		default:
			return false
		}
	}
	return s != ""
}

// doubleQuote quotes as the matcher grammar reads it, which knows only these
// two escapes among printable characters.
func doubleQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// shellQuote quotes s for POSIX shells where it needs it.
func shellQuote(s string) string {
	if madeOf(s, "_./:@%+=-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
