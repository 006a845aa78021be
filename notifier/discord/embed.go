package discord

import (
	"fmt"
	"strings"

	"alertd/notifier"
)

// Discord's limits, in characters; those of the embed's parts stay below them
// so that all together keep within the 6000 of a message.
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	maxContent     = 2000
	maxTitle       = 256
	maxDescription = 3600 // Discord: 4096
	maxFieldName   = 256
	maxField       = 500 // Discord: 1024
	maxFooter      = 500 // Discord: 2048
	maxUsername    = 80
	maxEmbeds      = 6000 // all texts of a message's embeds
)

// payload is the body of a webhook's message.
type payload struct {
	Username        string   `json:"username,omitempty"`
	AvatarURL       string   `json:"avatar_url,omitempty"`
	Content         string   `json:"content,omitempty"`
	Embeds          []embed  `json:"embeds,omitempty"`
	AllowedMentions mentions `json:"allowed_mentions"`
}

// mentions says whom a message may alert.
type mentions struct {
	Parse []string `json:"parse"`
}

// nobody keeps @everyone in a label from alerting everyone.
func nobody() mentions { return mentions{Parse: []string{}} }

type embed struct {
	Title       string  `json:"title,omitempty"`
	Description string  `json:"description,omitempty"`
	URL         string  `json:"url,omitempty"`
	Color       int     `json:"color,omitempty"`
	Timestamp   string  `json:"timestamp,omitempty"`
	Fields      []field `json:"fields,omitempty"`
	Footer      *footer `json:"footer,omitempty"`
}

type field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

type footer struct {
	Text string `json:"text"`
}

// length returns what counts against maxEmbeds.
func (e *embed) length() int {
	n := notifier.Length(e.Title) + notifier.Length(e.Description)
	for _, f := range e.Fields {
		n += notifier.Length(f.Name) + notifier.Length(f.Value)
	}
	if e.Footer != nil {
		n += notifier.Length(e.Footer.Text)
	}
	return n
}

func color(d *notifier.Data) int {
	switch {
	case d.Resolved && d.Recovered:
		return 0x1f9d55
	case d.Resolved:
		return 0x8a94a0
	case d.Icon == "🟠":
		return 0xe07b00
	case d.Icon == "🔵":
		return 0x2f74d0
	default:
		return 0xd32f2f
	}
}

// layOut fills the description and, where there is one problem only, the fields.
func (e *embed) layOut(d *notifier.Data) {
	if len(d.Topics) == 1 && d.Topics[0].Single() {
		e.problem(&d.Topics[0].Problems[0])
		if d.More > 0 {
			e.Description += fmt.Sprintf("\n… and %d more", d.More)
		}
		return
	}
	b := &description{left: maxDescription - 30} // for what was left out
	all := d.More
	for i := range d.Topics {
		all += len(d.Topics[i].Problems)
	}
	shown := 0
	for i := range d.Topics {
		n := b.topic(&d.Topics[i])
		shown += n
		if n < len(d.Topics[i].Problems) {
			break
		}
	}
	e.Description = strings.TrimSpace(b.text.String())
	if more := all - shown; more > 0 {
		e.Description += fmt.Sprintf("\n… and %d more", more)
	}
}

// problem lays out the only problem of a message.
func (e *embed) problem(p *notifier.Problem) {
	var parts []string
	if p.Firing {
		parts = append(parts, "**"+escape(p.Summary, 600)+"**")
		if p.Description != "" {
			parts = append(parts, escape(p.Description, 1000))
		}
		if p.NoData != "" {
			parts = append(parts, "⚠ "+escape(p.NoData, 300))
		}
		if p.Flapping != "" {
			parts = append(parts, "⚠ "+escape(p.Flapping, 300))
		}
		if p.Acknowledged != "" {
			parts = append(parts, "👤 "+escape(p.Acknowledged, 500))
		}
		e.fact("Value", p.Reading, true)
		e.fact("Since", fmt.Sprintf("%s (%s)", p.Since, p.Duration), true)
		e.fact("Severity", p.Severity, true)
		e.fact("Where", p.Where, false)
	} else {
		parts = append(parts, "Was: "+escape(p.Summary, 600))
		if p.Flapping != "" {
			parts = append(parts, "It "+escape(p.Flapping, 300))
		}
		if p.Acknowledged != "" {
			parts = append(parts, "It "+escape(p.Acknowledged, 500))
		}
		e.fact("Value now", p.Reading, true)
		e.fact("Lasted", p.Duration, true)
		e.fact("From, to", p.Since+"\n"+p.EndedAt, true)
		e.fact("Ended", p.Resolution, false)
		e.fact("Where", p.Where, false)
	}
	if l := links(p.Links, 800); l != "" {
		parts = append(parts, l)
	}
	if p.Firing && fits(p.SilenceWith) {
		parts = append(parts, "To silence it:\n"+code(p.SilenceWith))
	}
	e.Description = strings.Join(parts, "\n")
}

func (e *embed) fact(name, value string, inline bool) {
	if value != "" {
		e.Fields = append(e.Fields, field{Name: shorten(name, maxFieldName), Value: escape(value, maxField), Inline: inline})
	}
}

// description gathers text within its limit.
type description struct {
	text strings.Builder
	left int
}

func (b *description) add(text string) bool {
	n := notifier.Length(text) + 1
	if n > b.left {
		return false
	}
	b.left -= n
	b.text.WriteString(text + "\n")
	return true
}

// topic adds a topic and returns how many of its problems there was room for.
func (b *description) topic(t *notifier.Topic) int {
	var head strings.Builder
	head.WriteString("**" + escape(t.Name, 200) + "**")
	if t.Summary != "" {
		head.WriteString("\n" + escape(t.Summary, 400))
	}
	for _, fact := range [][2]string{{"Where", t.Where}, {"Threshold", t.Threshold}} {
		if fact[1] != "" {
			head.WriteString("\n" + fact[0] + ": " + escape(fact[1], 300))
		}
	}
	if !b.add(head.String()) {
		return 0
	}
	tail := links(t.Links, 600)
	if t.Firing() && fits(t.SilenceWith) {
		tail += "\n" + code(t.SilenceWith)
	}
	tail = strings.TrimSpace(tail)
	room := notifier.Length(tail) + 2
	shown := 0
	for i := range t.Problems {
		p := &t.Problems[i]
		line := p.Icon + " " + escape(p.Line, 600)
		if b.left-room < notifier.Length(line)+1 || !b.add(line) {
			break
		}
		shown++
	}
	if tail != "" {
		b.add(tail)
	}
	b.add("")
	return shown
}

// links returns as many links as fit, whole ones only.
func links(all []notifier.Link, limit int) string {
	var parts []string
	size := 0
	for _, l := range all {
		part := "[" + escapeAll(l.Text) + "](" + l.URL + ")"
		n := notifier.Length(part) + 3
		if size+n > limit {
			continue // half a link is none
		}
		size += n
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

// fits tells whether there is a command, short enough to show whole.
func fits(command string) bool { return command != "" && notifier.Length(command) <= 500 }

// code shows a command as it is: in a block of code nothing is escaped. What is
// typable has no backtick that could end it.
func code(command string) string { return "```\n" + command + "\n```" }
