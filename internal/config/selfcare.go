package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
	"alertd/notifier/httpsend"
)

// Self is the `self` section: when alertd's own work is so bad that people are
// told.
type Self struct {
	ChannelFailingFor model.Duration `yaml:"channel_failing_for"` // how long a channel may fail
	QueueAge          model.Duration `yaml:"queue_age"`           // how long a message may wait
	QueueLength       int            `yaml:"queue_length"`        // how many may wait for one integration
}

// Notes is the `notes` section: what people want to hear that is no alert.
type Notes struct {
	Start    bool   `yaml:"start"`
	Stop     bool   `yaml:"stop"`
	Receiver string `yaml:"receiver"`
}

// What is too bad when the file does not say.
const (
	DefaultChannelFailingFor = 5 * time.Minute
	DefaultQueueAge          = 15 * time.Minute
	DefaultQueueLength       = 100
)

func defaultSelf() Self {
	return Self{
		ChannelFailingFor: model.Duration(DefaultChannelFailingFor), QueueAge: model.Duration(DefaultQueueAge), QueueLength: DefaultQueueLength,
	}
}

// Check tells what is wrong with the section.
func (s Self) Check() []invalid.Field {
	var wrong []invalid.Field
	if s.ChannelFailingFor <= 0 {
		wrong = append(wrong, notPositive("channel_failing_for", "5m"))
	}
	if s.QueueAge <= 0 {
		wrong = append(wrong, notPositive("queue_age", "15m"))
	}
	if s.QueueLength < 1 {
		wrong = append(wrong, invalid.Field{Path: "queue_length", Problem: fmt.Sprintf("%d is not a number of messages", s.QueueLength), Mend: "write a number such as 100"})
	}
	return wrong
}

// selfcare reads how alertd watches itself, and who hears of it. Receivers must
// have been read.
func (b *builder) selfcare() {
	b.in.Self.Decode(&b.out.Self)
	b.in.Self.Report(b.out.Self.Check())

	h := &b.out.Heartbeat
	b.in.Heartbeat.Decode(h)
	rebase(b.dir, h)
	if b.in.Heartbeat.Given() {
		b.in.Heartbeat.Report(httpsend.CheckURL("url", h.URL, h.URLFile, "", "https://hc-ping.com/..."))
		if h.Interval < model.Duration(time.Second) {
			b.in.Heartbeat.Report([]invalid.Field{{Path: "interval", Problem: "it is shorter than a second", Mend: "write a duration such as 1m"}})
		}
		b.in.Heartbeat.Report(httpsend.CheckTimeout(h.Timeout))
	}

	n := &b.out.Notes
	b.in.Notes.Decode(n)
	switch {
	case !n.Start && !n.Stop:
	case n.Receiver != "":
		b.checkReceiver(b.in.Notes, n.Receiver)
	case len(b.out.Receivers) == 1:
		n.Receiver = b.out.Receivers[0].Name
	default:
		names := make([]string, len(b.out.Receivers))
		for i, r := range b.out.Receivers {
			names[i] = r.Name
		}
		slices.Sort(names)
		b.in.Notes.Report([]invalid.Field{{Path: "receiver", Problem: "it does not say who gets the notes", Mend: fmt.Sprintf("add receiver: %s, or another", names[0])}})
	}
}
