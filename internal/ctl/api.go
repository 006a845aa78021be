package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"alertd/internal/alert"
)

// firingAlert is an alert of API v2.
type firingAlert struct {
	Labels      alert.Labels `json:"labels"`
	Annotations alert.Labels `json:"annotations"`
	StartsAt    time.Time    `json:"startsAt"`
	Status      struct {
		State       string   `json:"state"`
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
		MutedBy     []string `json:"mutedBy"`
	} `json:"status"`

	raw json.RawMessage
}

// silence is a silence of API v2.
type silence struct {
	ID     string `json:"id"`
	Status struct {
		State alert.SilenceState `json:"state"`
	} `json:"status"`
	Matchers  alert.Matchers `json:"matchers"`
	StartsAt  time.Time      `json:"startsAt"`
	EndsAt    time.Time      `json:"endsAt"`
	UpdatedAt time.Time      `json:"updatedAt"`
	CreatedBy string         `json:"createdBy"`
	Comment   string         `json:"comment"`

	Annotations alert.Labels `json:"annotations"`

	raw json.RawMessage
}

// newSilence is a silence as API v2 takes it.
type newSilence struct {
	ID        string         `json:"id,omitempty"` // of the one to change
	Matchers  alert.Matchers `json:"matchers"`
	StartsAt  time.Time      `json:"startsAt"`
	EndsAt    time.Time      `json:"endsAt"`
	CreatedBy string         `json:"createdBy"`
	Comment   string         `json:"comment"`

	// Annotations are left out where there is nothing to say of them, which
	// leaves those of a silence that is changed.
	Annotations alert.Labels `json:"annotations,omitzero"`
}

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (a *firingAlert) UnmarshalJSON(data []byte) error {
	type known firingAlert
	a.raw = bytes.Clone(data)
	return json.Unmarshal(data, (*known)(a))
}

// MarshalJSON writes the alert as alertd wrote it.
func (a *firingAlert) MarshalJSON() ([]byte, error) { return a.raw, nil }

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (s *silence) UnmarshalJSON(data []byte) error {
	type known silence
	s.raw = bytes.Clone(data)
	return json.Unmarshal(data, (*known)(s))
}

// MarshalJSON writes the silence as alertd wrote it.
func (s *silence) MarshalJSON() ([]byte, error) { return s.raw, nil }

// alerts returns the alerts that the query asks for.
func (c *client) alerts(ctx context.Context, query url.Values) ([]*firingAlert, error) {
	var alerts []*firingAlert
	err := c.ask(ctx, request{doing: "list the alerts of", path: "api/v2/alerts", query: query}, &alerts)
	return present(alerts), err
}

// matching returns the alerts that the matchers pass now.
func (c *client) matching(ctx context.Context, ms alert.Matchers) ([]*firingAlert, error) {
	alerts, err := c.alerts(ctx, filter(ms))
	sortAlerts(alerts)
	return alerts, err
}

// silences returns the silences with all of the matchers ms, expired ones
// included, in alertd's order.
func (c *client) silences(ctx context.Context, ms alert.Matchers) ([]*silence, error) {
	var silences []*silence
	err := c.ask(ctx, request{doing: "list the silences of", path: "api/v2/silences", query: filter(ms)}, &silences)
	return present(silences), err
}

// postSilence creates a silence, or changes the one of its id, and returns the
// id under which it now is.
func (c *client) postSilence(ctx context.Context, s newSilence) (string, error) {
	doing := "add the silence to"
	if s.ID != "" {
		doing = "change the silence " + s.ID + " of"
	}
	r := request{doing: doing, method: http.MethodPost, path: "api/v2/silences", body: s}
	var answer struct {
		ID string `json:"silenceID"`
	}
	if err := c.ask(ctx, r, &answer); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", failed(ExitServer, "cannot "+r.doing+" "+c.settings.display(), fmt.Errorf("it told no id"))
	}
	return answer.ID, nil
}

// expireSilence ends a silence.
func (c *client) expireSilence(ctx context.Context, id string) error {
	return c.ask(ctx, request{
		doing: "expire the silence " + id + " of", method: http.MethodDelete, path: "api/v2/silence/" + url.PathEscape(id),
	}, nil)
}

// extended returns the fields of a JSON object and one more.
func extended(object json.RawMessage, name string, value any) (map[string]any, error) {
	known := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &known); err != nil {
		return nil, err
	}
	fields := map[string]any{name: value}
	for key, field := range known {
		fields[key] = field
	}
	return fields, nil
}

// present returns a list without nulls that is not null itself.
func present[T any](list []*T) []*T {
	return slices.DeleteFunc(append([]*T{}, list...), func(e *T) bool { return e == nil })
}
