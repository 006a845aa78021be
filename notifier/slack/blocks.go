package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"alertd/notifier"
)

// Slack's limits, in characters, and our own below them.
// https://docs.slack.dev/reference/block-kit/blocks
const (
	maxSection = 3000
	maxContext = 2000
	maxBlocks  = 50
	// maxBlocksText is for all blocks together: Slack refuses messages of about
	// 13,000 characters.
	maxBlocksText = 9000
	maxText       = 3000
	maxTitle      = 300
	maxName       = 80
	maxURL        = 2000
)

// blocks lays out the message below its title. failed says which templates
// failed, if any did.
func blocks(d *notifier.Data, failed string) []slack.Block {
	l := &layout{left: maxBlocksText}
	shown := 0
	for i := range d.Topics {
		t := &d.Topics[i]
		if t.Single() {
			if !l.problem(&t.Problems[0]) {
				break
			}
			shown++
			continue
		}
		n := l.list(t)
		shown += n
		if n < len(t.Problems) {
			break
		}
	}
	all := d.More
	for _, t := range d.Topics {
		all += len(t.Problems)
	}
	if more := all - shown; more > 0 {
		l.last(fmt.Sprintf("… and %d more", more))
	}
	if failed != "" {
		l.last(escape(failed, 900))
	}
	return l.blocks
}

// layout gathers blocks within the limits.
type layout struct {
	blocks []slack.Block
	left   int // characters
}

// add adds a block of so many characters, unless it is too much.
func (l *layout) add(b slack.Block, size int) bool {
	// Two blocks are kept for what was left out and what failed.
	if size > l.left || len(l.blocks) >= maxBlocks-2 {
		return false
	}
	l.left -= size
	l.blocks = append(l.blocks, b)
	return true
}

func (l *layout) section(text string) bool {
	return l.add(slack.NewSectionBlock(mrkdwn(text), nil, nil), notifier.Length(text))
}

func (l *layout) context(text string) bool {
	return text == "" || l.add(slack.NewContextBlock("", mrkdwn(text)), notifier.Length(text))
}

// last adds a short line that must be there.
func (l *layout) last(text string) {
	l.blocks = append(l.blocks, slack.NewContextBlock("", mrkdwn(text)))
}

// facts adds names and values side by side, ten at most.
func (l *layout) facts(pairs ...[2]string) bool {
	var fields []*slack.TextBlockObject
	size := 0
	for _, p := range pairs {
		if p[1] == "" || len(fields) == 10 {
			continue
		}
		text := "*" + p[0] + "*\n" + escape(p[1], 600)
		size += notifier.Length(text)
		fields = append(fields, mrkdwn(text))
	}
	return len(fields) == 0 || l.add(slack.NewSectionBlock(nil, fields, nil), size)
}

// problem lays out the only problem of a topic.
func (l *layout) problem(p *notifier.Problem) bool {
	if !p.Firing {
		return l.section("Was: "+escape(p.Summary, 600)) &&
			l.facts([2]string{"Value now", p.Reading}, [2]string{"Lasted", p.Duration}, [2]string{"Where", p.Where},
				[2]string{"From, to", p.Since + "\n" + p.EndedAt}, [2]string{"Ended", p.Resolution}, [2]string{"Note", p.Flapping}, [2]string{"Acknowledged", p.Acknowledged}) &&
			l.context(links(p.Links))
	}
	text := bold(escape(p.Summary, 600))
	if p.Description != "" {
		text += "\n" + escape(p.Description, maxSection-700)
	}
	if !l.section(text) {
		return false
	}
	if p.NoData != "" && !l.section("⚠ "+escape(p.NoData, 400)) {
		return false
	}
	if p.Flapping != "" && !l.section("⚠ "+escape(p.Flapping, 400)) {
		return false
	}
	if p.Acknowledged != "" && !l.section("👤 "+escape(p.Acknowledged, 500)) {
		return false
	}
	return l.facts([2]string{"Value", p.Reading}, [2]string{"Since", fmt.Sprintf("%s (%s)", p.Since, p.Duration)},
		[2]string{"Where", p.Where}, [2]string{"Severity", p.Severity}) &&
		l.context(links(p.Links)) && l.context(silence(p.SilenceWith))
}

// list lays out a topic of several problems, a line each, and returns how many
// it had room for.
func (l *layout) list(t *notifier.Topic) int {
	var head strings.Builder
	head.WriteString(bold(escape(t.Name, 200)))
	if t.Summary != "" {
		head.WriteString("\n" + escape(t.Summary, 600))
	}
	if t.Description != "" && t.Firing() {
		head.WriteString("\n" + escape(t.Description, 1200))
	}
	for _, fact := range [][2]string{{"Where", t.Where}, {"Threshold", t.Threshold}} {
		if fact[1] != "" {
			head.WriteString("\n" + fact[0] + ": " + escape(fact[1], 400))
		}
	}
	if !l.section(head.String()) {
		return 0
	}
	shown := 0
	var lines []string
	size := 0
	flush := func() bool {
		if len(lines) == 0 {
			return true
		}
		if !l.section(strings.Join(lines, "\n")) {
			return false
		}
		shown += len(lines)
		lines, size = nil, 0
		return true
	}
	// What follows the lines needs room as well.
	const tail = 1500
	for _, p := range t.Problems {
		text := p.Icon + " " + escape(p.Line, 700)
		n := notifier.Length(text) + 1
		if size+n > l.left-tail {
			break
		}
		if size+n > maxSection && !flush() {
			break
		}
		lines, size = append(lines, text), size+n
	}
	flush()
	l.context(links(t.Links))
	if t.Firing() {
		l.context(silence(t.SilenceWith))
	}
	return shown
}

func links(all []notifier.Link) string {
	parts := make([]string, 0, len(all))
	size := 0
	for _, k := range all {
		part := "<" + slackutilsx.EscapeMessage(k.URL) + "|" + slackutilsx.EscapeMessage(k.Text) + ">"
		if size += notifier.Length(part) + 3; size > maxContext {
			break // half a link is none
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

func silence(command string) string {
	if command == "" || notifier.Length(slackutilsx.EscapeMessage(command)) > 1000 {
		return "" // half a command is none
	}
	return "Silence: `" + slackutilsx.EscapeMessage(command) + "`"
}

func escape(s string, limit int) string {
	return notifier.ShortenEscaped(s, limit, slackutilsx.EscapeMessage)
}

// bold marks a line bold, unless it has a mark of its own that would end it.
func bold(s string) string {
	if strings.ContainsAny(s, "*\n") {
		return s
	}
	return "*" + s + "*"
}

// mrkdwn returns a text whose bare addresses, channels and names Slack leaves
// alone.
func mrkdwn(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

func shortURL(u string) string {
	if len(u) > maxURL {
		return ""
	}
	return strings.TrimSpace(u)
}
