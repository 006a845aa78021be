package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"alertd/notifier"
)

// Bounds of an attachment of the older kind.
const (
	maxClassicText  = 5000
	maxClassicPart  = 500
	maxClassicField = 500
	maxFields       = 8
	maxActions      = 5
	// maxClassic is for the message as a whole.
	maxClassic = 12_000
)

// classic renders the parts of an attachment as Alertmanager does.
func (c *channel) classic(r, addresses *notifier.Renderer) slack.Attachment {
	s := &c.settings
	part := func(field, text string) string {
		return notifier.Shorten(r.Text(field, text, ""), maxClassicPart)
	}
	a := slack.Attachment{
		TitleLink:  shortURL(addresses.Text("title_link", s.TitleLink, "")),
		Pretext:    part("pretext", s.Pretext),
		Text:       r.Text("text", s.Text, "alertd.text"),
		Fallback:   part("fallback", s.Fallback),
		CallbackID: part("callback_id", s.CallbackID),
		ImageURL:   shortURL(addresses.Text("image_url", s.ImageURL, "")),
		ThumbURL:   shortURL(addresses.Text("thumb_url", s.ThumbURL, "")),
		Footer:     part("footer", s.Footer),
		MarkdownIn: s.MrkdwnIn,
	}
	if len(a.MarkdownIn) == 0 {
		a.MarkdownIn = []string{"fallback", "pretext", "text"}
	}
	for _, f := range s.Fields[:min(len(s.Fields), maxFields)] {
		short := s.ShortFields
		if f.Short != nil {
			short = *f.Short
		}
		a.Fields = append(a.Fields, slack.AttachmentField{
			Title: notifier.Shorten(r.Text("fields", f.Title, ""), 100),
			Value: notifier.Shorten(r.Text("fields", f.Value, ""), maxClassicField),
			Short: short,
		})
	}
	for _, action := range s.Actions[:min(len(s.Actions), maxActions)] {
		a.Actions = append(a.Actions, action.render(r, addresses))
	}
	return a
}

func (a Action) render(r, addresses *notifier.Renderer) slack.AttachmentAction {
	text := func(s string, limit int) string { return notifier.Shorten(r.Text("actions", s, ""), limit) }
	out := slack.AttachmentAction{
		Type: slack.ActionType(text(a.Type, 20)), Text: text(a.Text, 75), Style: text(a.Style, 20),
	}
	if a.URL != "" {
		out.URL = shortURL(addresses.Text("actions", a.URL, ""))
		return out
	}
	out.Name, out.Value = text(a.Name, 75), text(a.Value, 200)
	if c := a.Confirm; c != nil {
		out.Confirm = &slack.ConfirmationField{
			Title: text(c.Title, 100), Text: text(c.Text, 300), OkText: text(c.OkText, 30), DismissText: text(c.DismissText, 30),
		}
	}
	return out
}

// isClassic tells whether anything is there that only the older layout shows.
func (s *Settings) isClassic(a slack.Attachment) bool {
	for _, part := range []string{a.Pretext, a.Text, a.Footer, a.ImageURL, a.ThumbURL} {
		if strings.TrimSpace(part) != "" {
			return true
		}
	}
	return len(a.Fields) > 0 || len(a.Actions) > 0
}

// trim leaves out the least until the message is short enough.
func (p *payload) trim() {
	a := &p.Attachments[0]
	for _, step := range []func(){
		func() { a.Text = notifier.Shorten(a.Text, maxClassicText/2) },
		func() { a.ThumbURL = "" },
		func() { a.ImageURL = "" },
		func() { a.Actions = nil },
		func() { p.Text = notifier.Shorten(p.Text, maxClassicPart) },
		func() { a.Fields = nil },
	} {
		if p.length() <= maxClassic {
			return
		}
		step()
	}
}

// length returns the characters of all that the message shows or refers to.
func (p *payload) length() int {
	a := &p.Attachments[0]
	n := 0
	for _, s := range []string{
		p.Text, p.Channel, p.Username, p.IconEmoji, p.IconURL, a.Title, a.TitleLink, a.Pretext, a.Text,
		a.Fallback, a.CallbackID, a.ImageURL, a.ThumbURL, a.Footer, a.Color, strings.Join(a.MarkdownIn, ""),
	} {
		n += notifier.Length(s)
	}
	for _, f := range a.Fields {
		n += notifier.Length(f.Title) + notifier.Length(f.Value)
	}
	for _, b := range a.Actions {
		n += notifier.Length(b.Text) + notifier.Length(b.URL) + notifier.Length(b.Name) + notifier.Length(b.Value) + 40
		if b.Confirm != nil {
			n += notifier.Length(b.Confirm.Title) + notifier.Length(b.Confirm.Text) + 60
		}
	}
	return n
}
