package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// request asks the program and returns its whole answer: an error means that
// nobody knows what it did.
func (a *alertd) request(ctx context.Context, method, path string, body any) (int, string, error) {
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, "", err
		}
		sent = bytes.NewReader(data)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", a.port, path), sent)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// shown is an alert of API v1.
type shown struct {
	Labels  map[string]string `json:"labels"`
	State   string            `json:"state"`
	FiredAt time.Time         `json:"firedAt"`
	Ack     *struct {
		Comment string `json:"comment"`
	} `json:"ack"`
}

// alerts returns the incidents of the last hour that have fired.
func (a *alertd) alerts(ctx context.Context) (all []shown, err error) {
	err = a.get(ctx, "/api/v1/alerts?ended=1h", &all)
	return all, err
}

// posted is an alert as API v2 takes it.
type posted struct {
	Labels   map[string]string `json:"labels"`
	StartsAt time.Time         `json:"startsAt"`
	EndsAt   time.Time         `json:"endsAt"`
}

// silence is a silence of API v2.
type silence struct {
	ID        string    `json:"id,omitempty"`
	Matchers  []matcher `json:"matchers"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
	Status    *struct {
		State string `json:"state"`
	} `json:"status,omitempty"`
}

type matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual bool   `json:"isEqual"`
}

// ack is an acknowledgement as API v1 takes it.
type ack struct {
	Matchers []matcher `json:"matchers"`
	By       string    `json:"by"`
	Comment  string    `json:"comment"`
}

func ackOf(target, comment string) ack {
	return ack{Matchers: []matcher{{Name: "target", Value: target, IsEqual: true}}, By: "acker", Comment: comment}
}

// saveSilence makes or changes a silence and returns its id; the error means
// that nothing was promised.
func (a *alertd) saveSilence(ctx context.Context, s *silence) (string, error) {
	status, body, err := a.request(ctx, http.MethodPost, "/api/v2/silences", s)
	if err != nil {
		return "", err
	}
	var answer struct {
		SilenceID string `json:"silenceID"`
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("%d %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return "", fmt.Errorf("%s: %w", body, err)
	}
	return answer.SilenceID, nil
}

// silences returns every silence.
func (a *alertd) silences(ctx context.Context) (all []silence, err error) {
	err = a.get(ctx, "/api/v2/silences", &all)
	return all, err
}

func (a *alertd) silence(ctx context.Context, id string) (one silence, err error) {
	err = a.get(ctx, "/api/v2/silence/"+id, &one)
	return one, err
}

// get reads the JSON at a path.
func (a *alertd) get(ctx context.Context, path string, into any) error {
	status, body, err := a.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%d %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("%s: %w", body, err)
	}
	return nil
}
