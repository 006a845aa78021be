// Package heartbeat is alertd's dead man's switch: it asks an address over HTTP
// again and again, as long as alertd does its work. Whoever is there (healthchecks,
// Cronitor, Dead Man's Snitch, Uptime Kuma) tells people when the asking stops.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
	"alertd/notifier/httpsend"
)

// Settings is the `heartbeat` section.
type Settings struct {
	URL      secret.Value   `yaml:"url"` // empty, and no file: no heartbeat
	URLFile  string         `yaml:"url_file"`
	Interval model.Duration `yaml:"interval"`
	Timeout  model.Duration `yaml:"timeout"` // of one ping
	// Fail has URL/fail told at once, and why, when alertd is not well, as
	// healthchecks understands it.
	Fail bool `yaml:"fail"`
}

// DefaultSettings returns what holds when the configuration does not say.
func DefaultSettings() Settings {
	return Settings{Interval: model.Duration(time.Minute), Timeout: model.Duration(httpsend.DefaultTimeout), Fail: true}
}

// Enabled tells whether there is an address to ask.
func (s Settings) Enabled() bool { return s.URL != "" || s.URLFile != "" }

// Options are what a heartbeat is made of.
type Options struct {
	Settings func() Settings // those in force
	// Well returns why alertd does not do its work, or nil. It tells whether that
	// can be judged at all: while alertd starts it cannot.
	Well    func() (judged bool, unwell error)
	Version string
	Logger  *slog.Logger
	// Registerer takes the metrics.
	Registerer prometheus.Registerer
}

// Heartbeat pings.
type Heartbeat struct {
	o       Options
	client  *httpsend.Client
	pings   *prometheus.CounterVec
	failing bool // the last ping failed, and the log says so
}

// New returns a heartbeat.
func New(o Options) (*Heartbeat, error) {
	client, err := httpsend.New(nil, "heartbeat", o.Version)
	if err != nil {
		return nil, fmt.Errorf("heartbeat: %w", err)
	}
	h := &Heartbeat{o: o, client: client, pings: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertd_heartbeat_pings_total",
		Help: "Pings of the heartbeat's address: ok, fail (alertd is not well), error (the address did not take it).",
	}, []string{"outcome"})}
	if err := o.Registerer.Register(h.pings); err != nil {
		return nil, fmt.Errorf("registering the metrics of the heartbeat: %w", err)
	}
	return h, nil
}

// lookEvery is how often Run looks whether a heartbeat was configured.
const lookEvery = time.Second

// Run pings until ctx ends.
func (h *Heartbeat) Run(ctx context.Context) error {
	for {
		wait := lookEvery
		if s := h.o.Settings(); s.Enabled() {
			if judged, unwell := h.o.Well(); judged {
				h.ping(ctx, s, unwell)
				wait = time.Duration(s.Interval)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// ping says once that alertd is well, or why it is not.
func (h *Heartbeat) ping(ctx context.Context, s Settings, unwell error) {
	if unwell != nil && !s.Fail {
		return // silence says it
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.Timeout))
	defer cancel()
	outcome := "ok"
	if unwell != nil {
		outcome = "fail"
	}
	err := h.send(ctx, s, unwell)
	if err != nil {
		outcome = "error"
	}
	h.pings.WithLabelValues(outcome).Inc()
	if (err != nil) != h.failing && !errors.Is(ctx.Err(), context.Canceled) {
		h.failing = err != nil
		if h.failing {
			h.o.Logger.Warn("The heartbeat's address does not take the ping; whoever waits for it will tell", "err", err)
		} else {
			h.o.Logger.Info("The heartbeat's address takes pings again")
		}
	}
}

func (h *Heartbeat) send(ctx context.Context, s Settings, unwell error) error {
	address := secret.From(s.URL, s.URLFile)
	if unwell == nil {
		_, err := h.client.Send(ctx, httpsend.Request{Method: http.MethodGet, URL: address})
		return err
	}
	raw, err := address.Reveal()
	if err != nil {
		return err
	}
	failed, err := failURL(raw)
	if err != nil {
		return err
	}
	_, err = h.client.Send(ctx, httpsend.Request{
		URL: secret.From(failed, ""), ContentType: "text/plain; charset=utf-8", Body: []byte(unwell.Error() + "\n"),
	})
	return err
}

// failURL returns the address that hears of failures: /fail below the other.
func failURL(raw string) (secret.Value, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return "", fmt.Errorf("the heartbeat's address is not a URL") // its error would show it
	}
	return secret.Value(u.JoinPath("fail").String()), nil
}
