package ctl

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"alertd/internal/alert"
	"alertd/rules/backtest"
)

// backtested is the answer of `backtest` for programs.
type backtested struct {
	From       time.Time           `json:"from"`
	To         time.Time           `json:"to"`
	Prometheus string              `json:"prometheus"`
	Variants   []backtestedVariant `json:"variants"`
}

type backtestedVariant struct {
	Name  string           `json:"name"`
	Rules []backtestedRule `json:"rules"`
	// Messages is null where there is no configuration that says who is told.
	Messages []backtestedMessage `json:"messages"`
}

type backtestedRule struct {
	ID             string               `json:"id"`
	Name           string               `json:"name"`
	Group          string               `json:"group"`
	Expr           string               `json:"expr"` // as asked at the end of the range
	Threshold      string               `json:"threshold,omitempty"`
	For            float64              `json:"forSeconds"`
	Step           float64              `json:"stepSeconds"`
	Evaluations    int                  `json:"evaluations"`
	Failed         int                  `json:"failedEvaluations"`
	Error          string               `json:"error,omitempty"` // of the first that failed
	GivenUp        *time.Time           `json:"givenUpAt,omitempty"`
	NoData         bool                 `json:"noData"`
	PendingEnded   int                  `json:"endedWhilePending"`
	FiringSeconds  float64              `json:"firingSeconds"`
	MessagesNumber int                  `json:"messages"`
	Incidents      []backtestedIncident `json:"incidents"`
}

type backtestedIncident struct {
	Labels      alert.Labels `json:"labels"`
	Annotations alert.Labels `json:"annotations"`
	ActiveAt    time.Time    `json:"activeAt"`
	FiredAt     time.Time    `json:"firedAt"`
	ResolvedAt  *time.Time   `json:"resolvedAt"` // null: it still fired at the end
	Seconds     float64      `json:"firingSeconds"`
	Resolution  string       `json:"resolution,omitempty"`
	Peak        number       `json:"peak"`
	Last        number       `json:"last"`
	Recovered   *number      `json:"recovered"`
	NoData      bool         `json:"noData"`
	BeganBefore bool         `json:"mayHaveBegunEarlier"`
	Firings     int          `json:"firings,omitempty"` // that it stands for, where it flapped
}

type backtestedMessage struct {
	At          time.Time      `json:"at"`
	Receiver    string         `json:"receiver"`
	Integration string         `json:"integration"`
	Group       string         `json:"group"`
	Reason      string         `json:"reason"`
	Firing      []alert.Labels `json:"firing"`
	Resolved    []alert.Labels `json:"resolved"`
}

// number is a value in JSON: a number, or for want of one the words of
// Prometheus: "NaN", "+Inf", "-Inf".
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return json.Marshal(v)
}

func backtestAnswer(variants []*variant, s span) backtested {
	out := backtested{From: s.from.UTC(), To: s.to.UTC(), Prometheus: variants[0].watched.Prometheus}
	for _, v := range variants {
		one := backtestedVariant{Name: v.name, Rules: []backtestedRule{}}
		for i := range v.reports {
			one.Rules = append(one.Rules, answeredRule(v, &v.reports[i], s))
		}
		if v.watched.Telling != nil {
			one.Messages = []backtestedMessage{}
		}
		for _, m := range v.messages {
			one.Messages = append(one.Messages, backtestedMessage{
				At: m.At.UTC(), Receiver: m.Receiver, Integration: m.Integration, Group: string(m.Group.Key),
				Reason: string(m.Reason), Firing: labelsOf(m.Firing), Resolved: labelsOf(m.Resolved),
			})
		}
		out.Variants = append(out.Variants, one)
	}
	return out
}

func labelsOf(alerts []alert.Alert) []alert.Labels {
	out := make([]alert.Labels, len(alerts))
	for i := range alerts {
		out[i] = alerts[i].Labels
	}
	return out
}

func answeredRule(v *variant, r *backtest.Report, s span) backtestedRule {
	out := backtestedRule{
		ID: r.Rule.ID, Name: r.Rule.Name, Group: r.Group, Expr: r.Rule.Expr(s.to), Threshold: r.Rule.Threshold,
		For: r.Rule.For.Seconds(), Step: r.Step.Seconds(),
		Evaluations: r.Evaluations, Failed: r.Failed, NoData: r.NoData, PendingEnded: r.Ended,
		FiringSeconds: r.FiringFor().Seconds(), MessagesNumber: messagesAbout(v.messages, r.Rule.ID),
		Incidents: []backtestedIncident{},
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	if !r.GivenUp.IsZero() {
		at := r.GivenUp.UTC()
		out.GivenUp = &at
	}
	for i := range r.Incidents {
		out.Incidents = append(out.Incidents, answeredIncident(&r.Incidents[i], s))
	}
	return out
}

func answeredIncident(i *backtest.Incident, s span) backtestedIncident {
	out := backtestedIncident{
		Labels: i.Labels, Annotations: i.Annotations, ActiveAt: i.ActiveAt.UTC(), FiredAt: i.FiredAt.UTC(),
		Seconds: i.Duration(s.to).Seconds(), Resolution: string(i.Resolution),
		Peak: number(i.Peak), Last: number(i.Last), NoData: i.Missing, BeganBefore: i.Began, Firings: i.Flaps,
	}
	if !i.ResolvedAt.IsZero() {
		at := i.ResolvedAt.UTC()
		out.ResolvedAt = &at
	}
	if i.Recovered != nil {
		v := number(*i.Recovered)
		out.Recovered = &v
	}
	return out
}
