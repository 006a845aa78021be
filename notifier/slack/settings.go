// Package slack tells a Slack channel through an incoming webhook, or as a
// Slack app. Mattermost
// and others that take Slack's webhooks get the older layout that they know.
package slack

import (
	"cmp"
	"fmt"
	"time"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// Settings is an entry of slack_configs, in Alertmanager's names. Unlike
// Alertmanager's, send_resolved is true unless it is set to false.
type Settings struct {
	SendResolved bool                     `yaml:"send_resolved"`
	HTTPConfig   *config.HTTPClientConfig `yaml:"http_config"`
	APIURL       secret.Value             `yaml:"api_url"` // of the incoming webhook
	APIURLFile   string                   `yaml:"api_url_file"`
	// A Slack app's token posts to AppURL, in place of a webhook. UpdateMessage
	// then changes a group's message rather than post another.
	AppToken      secret.Value `yaml:"app_token"`
	AppTokenFile  string       `yaml:"app_token_file"`
	AppURL        string       `yaml:"app_url"`
	UpdateMessage bool         `yaml:"update_message"`

	Timeout model.Duration `yaml:"timeout"` // of one attempt; 10s when 0

	// Modern webhooks ignore these four: their channel and looks belong to the app.
	Channel   string `yaml:"channel"`
	Username  string `yaml:"username"`
	IconEmoji string `yaml:"icon_emoji"`
	IconURL   string `yaml:"icon_url"`

	MessageText string `yaml:"message_text"` // above the message
	Title       string `yaml:"title"`
	Color       string `yaml:"color"`
	LinkNames   bool   `yaml:"link_names"`

	// Any of these makes the message an attachment of Alertmanager's kind in
	// place of alertd's own layout.
	TitleLink   string   `yaml:"title_link"`
	Pretext     string   `yaml:"pretext"`
	Text        string   `yaml:"text"`
	Fields      []Field  `yaml:"fields"`
	ShortFields bool     `yaml:"short_fields"`
	Footer      string   `yaml:"footer"`
	Fallback    string   `yaml:"fallback"`
	CallbackID  string   `yaml:"callback_id"`
	ImageURL    string   `yaml:"image_url"`
	ThumbURL    string   `yaml:"thumb_url"`
	MrkdwnIn    []string `yaml:"mrkdwn_in"`
	Actions     []Action `yaml:"actions"`
}

// Field is an entry of `fields`.
type Field struct {
	Title string `yaml:"title"`
	Value string `yaml:"value"`
	Short *bool  `yaml:"short"`
}

// Action is an entry of `actions`: a button.
type Action struct {
	Type    string   `yaml:"type"`
	Text    string   `yaml:"text"`
	URL     string   `yaml:"url"`
	Style   string   `yaml:"style"`
	Name    string   `yaml:"name"`
	Value   string   `yaml:"value"`
	Confirm *Confirm `yaml:"confirm"`
}

// Confirm is what a button asks before it acts.
type Confirm struct {
	Text        string `yaml:"text"`
	Title       string `yaml:"title"`
	OkText      string `yaml:"ok_text"`
	DismissText string `yaml:"dismiss_text"`
}

const (
	example = "https://hooks.slack.com/services/T000/B000/XXXX"
	domain  = "slack.com"
)

// Kind returns the channel's kind, "slack".
func Kind() notifier.Kind {
	return notifier.Kind{Name: "slack", New: func() notifier.Settings { return newSettings() }}
}

func newSettings() *Settings {
	return &Settings{
		SendResolved: true,
		Username:     `{{ template "slack.default.username" . }}`,
		IconEmoji:    `{{ template "slack.default.iconemoji" . }}`,
		IconURL:      `{{ template "slack.default.iconurl" . }}`,
		Title:        `{{ template "slack.default.title" . }}`,
		Color:        `{{ template "slack.default.color" . }}`,
		TitleLink:    `{{ template "slack.default.titlelink" . }}`,
		Pretext:      `{{ template "slack.default.pretext" . }}`,
		Text:         `{{ template "slack.default.text" . }}`,
		Footer:       `{{ template "slack.default.footer" . }}`,
		Fallback:     `{{ template "slack.default.fallback" . }}`,
		CallbackID:   `{{ template "slack.default.callbackid" . }}`,
	}
}

// Inherit takes the address and the HTTP settings from the global section.
func (s *Settings) Inherit(g *notifier.Global) {
	s.inheritApp(g)
	if !s.hasToken() && s.APIURL == "" && s.APIURLFile == "" {
		s.APIURL, s.APIURLFile = g.SlackAPIURL, g.SlackAPIURLFile
	}
	s.HTTPConfig = cmp.Or(s.HTTPConfig, g.HTTP)
}

// Check tells what is wrong.
func (s *Settings) Check() []notifier.FieldError {
	wrong := s.checkAddress()
	wrong = append(wrong, httpsend.CheckHTTP(s.HTTPConfig)...)
	wrong = append(wrong, httpsend.CheckTimeout(s.Timeout)...)
	for i, f := range s.Fields {
		if f.Title == "" || f.Value == "" {
			wrong = append(wrong, notifier.FieldError{
				Path: fmt.Sprintf("fields[%d]", i), Problem: "a field lacks its title or value", Mend: "give every field a title and a value",
			})
		}
	}
	for i, a := range s.Actions {
		if a.Type == "" || a.Text == "" || a.URL == "" && a.Name == "" {
			wrong = append(wrong, notifier.FieldError{
				Path: fmt.Sprintf("actions[%d]", i), Problem: "an action lacks its type, its text, or its url", Mend: "write it as {type: button, text: Runbook, url: https://...}",
			})
		}
	}
	return append(wrong, notifier.CheckTemplates(s.templates()...)...)
}

// templates returns the fields that hold templates.
func (s *Settings) templates() []notifier.Templated {
	all := []notifier.Templated{
		{Path: "channel", Text: s.Channel},
		{Path: "username", Text: s.Username},
		{Path: "icon_emoji", Text: s.IconEmoji},
		{Path: "icon_url", Text: s.IconURL},
		{Path: "message_text", Text: s.MessageText},
		{Path: "title", Text: s.Title},
		{Path: "color", Text: s.Color},
		{Path: "title_link", Text: s.TitleLink},
		{Path: "pretext", Text: s.Pretext},
		{Path: "text", Text: s.Text},
		{Path: "footer", Text: s.Footer},
		{Path: "fallback", Text: s.Fallback},
		{Path: "callback_id", Text: s.CallbackID},
		{Path: "image_url", Text: s.ImageURL},
		{Path: "thumb_url", Text: s.ThumbURL},
	}
	add := func(path, text string) { all = append(all, notifier.Templated{Path: path, Text: text}) }
	for i, f := range s.Fields {
		at := fmt.Sprintf("fields[%d].", i)
		add(at+"title", f.Title)
		add(at+"value", f.Value)
	}
	for i, a := range s.Actions {
		at := fmt.Sprintf("actions[%d].", i)
		for name, text := range map[string]string{"type": a.Type, "text": a.Text, "url": a.URL, "style": a.Style, "name": a.Name, "value": a.Value} {
			add(at+name, text)
		}
		if c := a.Confirm; c != nil {
			for name, text := range map[string]string{"text": c.Text, "title": c.Title, "ok_text": c.OkText, "dismiss_text": c.DismissText} {
				add(at+"confirm."+name, text)
			}
		}
	}
	return all
}

// Options returns what the dispatcher acts upon. Slack takes about one message
// a second, with short bursts.
func (s *Settings) Options() notifier.Options {
	return notifier.Options{SendResolved: s.SendResolved, Interval: time.Second, Burst: 3, Timeout: httpsend.Timeout(s.Timeout)}
}

// Open makes the channel.
func (s *Settings) Open(env notifier.Env) (notifier.Channel, error) {
	url, http := s.connection()
	client, err := httpsend.New(http, "slack", env.Version)
	if err != nil {
		return nil, err
	}
	return &channel{settings: *s, url: url, client: client, logger: env.Logger}, nil
}
