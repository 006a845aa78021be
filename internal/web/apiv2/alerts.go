package apiv2

import (
	"net/url"
	"strconv"

	"alertd/internal/alert"
)

// The states of an alert. Alertmanager 0.34 never shows "unprocessed".
const (
	StateActive     = "active"
	StateSuppressed = "suppressed"
)

// Alert is an alert as clients get it.
type Alert struct {
	Annotations  alert.Labels        `json:"annotations"`
	EndsAt       Time                `json:"endsAt"`
	Fingerprint  string              `json:"fingerprint"`
	Receivers    []ReceiverReference `json:"receivers"`
	StartsAt     Time                `json:"startsAt"`
	Status       AlertStatus         `json:"status"`
	UpdatedAt    Time                `json:"updatedAt"`
	GeneratorURL string              `json:"generatorURL,omitempty"`
	Labels       alert.Labels        `json:"labels"`
}

// AlertStatus tells whether an alert is told, and by what it is kept from it.
// Its lists are never null.
type AlertStatus struct {
	InhibitedBy []string `json:"inhibitedBy"`
	MutedBy     []string `json:"mutedBy"`
	SilencedBy  []string `json:"silencedBy"`
	State       string   `json:"state"`
}

// ReceiverReference names a receiver.
type ReceiverReference struct {
	Name string `json:"name"`
}

// Receiver is one entry of the list of receivers.
type Receiver struct {
	Labels alert.Labels `json:"labels,omitempty"`
	Name   string       `json:"name"`
}

// AlertGroup is alerts that are told together.
type AlertGroup struct {
	Alerts      []Alert           `json:"alerts"`
	Labels      alert.Labels      `json:"labels"`
	Receiver    ReceiverReference `json:"receiver"`
	RouteLabels alert.Labels      `json:"routeLabels"`
}

// PostableAlert is an alert as clients send it.
type PostableAlert struct {
	StartsAt     *Time    `json:"startsAt"`
	EndsAt       *Time    `json:"endsAt"`
	Annotations  LabelSet `json:"annotations"`
	Labels       LabelSet `json:"labels"`
	GeneratorURL string   `json:"generatorURL"`
}

// check tells the first thing by which an alert, at place i of its list, does
// not follow the schema. Nil is one that was null.
func (a *PostableAlert) check(i int) error {
	at := strconv.Itoa(i)
	if a == nil {
		return required(at)
	}
	if a.GeneratorURL != "" {
		if _, err := url.ParseRequestURI(a.GeneratorURL); err != nil {
			return Errorf(CodeType, "%s.generatorURL in body must be of type uri: %.256q", at, a.GeneratorURL)
		}
	}
	if !a.Labels.Given {
		return required(at + ".labels")
	}
	return nil
}
