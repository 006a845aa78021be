package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// Drills raises practice alerts, and tells how far they have come.
type Drills struct {
	Start func(DrillRequest) (id string, err error)
	Show  func(ctx context.Context, id string) (Drill, error)
	End   func(id string) error
	// NotFound is what their errors are where there is no such drill or receiver.
	NotFound error
}

// DrillRequest is what to practise.
type DrillRequest struct {
	Labels   alert.Labels // with an alertname
	Receiver string       // "": whom the routes say
	For      time.Duration
}

// Drill is a practice alert and how far it has come; zero times have not come yet.
type Drill struct {
	ID       string
	Labels   alert.Labels
	Receiver string
	For      time.Duration

	StartedAt, EvaluatedAt, CommittedAt, EndedAt, RecoveredAt time.Time

	Over         bool     // nobody awaits word of it any more
	Receivers    []string // who is to be told
	Integrations []string // by what
	Deliveries   []DrillDelivery
}

// DrillDelivery is a delivery that a drill made.
type DrillDelivery struct {
	alert.Delivery
	Firing bool // it tells that the alert fires, and not that it recovered
}

const (
	defaultDrill = 2 * time.Minute
	longestDrill = 24 * time.Hour
	drillBytes   = 64 << 10
)

// startDrill serves POST /api/v1/drills.
func (s *Server) startDrill(w http.ResponseWriter, r *http.Request) {
	request, err := readDrill(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	id, err := s.deps.Drills.Start(request)
	if err != nil {
		s.fail(w, r, s.drillError(err, request.Receiver))
		return
	}
	s.writeDrill(w, r, id, http.StatusCreated)
}

func readDrill(r *http.Request) (DrillRequest, error) {
	bad := func(format string, args ...any) (DrillRequest, error) {
		return DrillRequest{}, &refusal{http.StatusBadRequest, fmt.Sprintf(format, args...)}
	}
	var in apiv1.DrillRequest
	decoder := json.NewDecoder(io.LimitReader(r.Body, drillBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return bad("the body cannot be read: %v", err)
	}
	out := DrillRequest{Labels: in.Labels, Receiver: in.Receiver, For: defaultDrill}
	if in.For != "" {
		d, err := model.ParseDuration(in.For)
		if err != nil || d <= 0 || time.Duration(d) > longestDrill {
			return bad("for: %.64q is not a duration up to %s, such as 2m", in.For, longestDrill)
		}
		out.For = time.Duration(d)
	}
	if !out.Labels.Has(alert.AlertName) {
		return bad("the labels have no %s", alert.AlertName)
	}
	for _, l := range out.Labels {
		switch {
		case !model.UTF8Validation.IsValidLabelName(l.Name) || !model.LabelValue(l.Value).IsValid():
			return bad("%.64q=%.64q is not a label", l.Name, l.Value)
		case slices.Contains([]string{alert.DrillLabel, alert.DrillReceiverLabel, alert.IntegrationLabel}, l.Name):
			return bad("the label %s is alertd's own", l.Name)
		}
	}
	return out, nil
}

// showDrill serves GET /api/v1/drills/{id}.
func (s *Server) showDrill(w http.ResponseWriter, r *http.Request) {
	s.writeDrill(w, r, r.PathValue("id"), http.StatusOK)
}

// endDrill serves DELETE /api/v1/drills/{id}.
func (s *Server) endDrill(w http.ResponseWriter, r *http.Request) {
	if err := s.deps.Drills.End(r.PathValue("id")); err != nil {
		s.fail(w, r, s.drillError(err, ""))
		return
	}
	s.writeDrill(w, r, r.PathValue("id"), http.StatusOK)
}

func (s *Server) drillError(err error, receiver string) error {
	switch {
	case !errors.Is(err, s.deps.Drills.NotFound):
		return err
	case receiver != "":
		return &refusal{http.StatusNotFound, "there is no receiver of that name"}
	default:
		return &refusal{http.StatusNotFound, "there is no such drill: alertd may have been restarted"}
	}
}

func (s *Server) writeDrill(w http.ResponseWriter, r *http.Request, id string, code int) {
	d, err := s.deps.Drills.Show(r.Context(), id)
	if err != nil {
		s.fail(w, r, s.drillError(err, ""))
		return
	}
	out := apiv1.Drill{
		ID: d.ID, Labels: d.Labels, Receiver: d.Receiver, ForSeconds: d.For.Seconds(), StartedAt: d.StartedAt.UTC(),
		EvaluatedAt: moment(d.EvaluatedAt), CommittedAt: moment(d.CommittedAt), EndedAt: moment(d.EndedAt), RecoveredAt: moment(d.RecoveredAt),
		Over: d.Over, Receivers: slices.Concat([]string{}, d.Receivers), Integrations: slices.Concat([]string{}, d.Integrations), Deliveries: []apiv1.DrillDelivery{},
	}
	for i := range d.Deliveries {
		delivery := &d.Deliveries[i]
		tells := "recovered"
		if delivery.Firing {
			tells = "firing"
		}
		out.Deliveries = append(out.Deliveries, apiv1.DrillDelivery{
			ID: delivery.ID, Receiver: delivery.Receiver, Integration: delivery.Integration, Tells: tells, State: string(delivery.State),
			Reason: delivery.Reason, Error: delivery.LastError, Attempts: delivery.Attempts,
			PlannedAt: delivery.CreatedAt.UTC(), FinishedAt: moment(delivery.FinishedAt),
		})
	}
	writeJSON(w, code, out)
}
