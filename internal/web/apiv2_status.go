package web

import (
	"net/http"
	"runtime"

	"alertd/internal/web/apiv2"
)

// getStatus serves GET /api/v2/status, as a cluster of one.
func (s *Server) getStatus(*http.Request) (any, error) {
	address := "unknown"
	if known := s.address.Load(); known != nil {
		address = *known
	}
	v := s.deps.Version
	return apiv2.Status{
		Cluster: apiv2.Cluster{
			Name:   s.deps.InstanceName,
			Peers:  []apiv2.Peer{{Address: address, Name: s.deps.InstanceName}},
			Status: "ready",
		},
		Config: apiv2.Config{Original: s.deps.OriginalConfig()},
		Uptime: apiv2.Time(s.deps.StartedAt),
		VersionInfo: apiv2.VersionInfo{
			// amtool and others compare this with the Alertmanager they know.
			Version:   alertmanagerVersion,
			Branch:    "alertd",
			BuildUser: "alertd " + v.Version,
			BuildDate: v.Date,
			GoVersion: runtime.Version(),
			Revision:  v.Commit,
		},
	}, nil
}

// getReceivers serves GET /api/v2/receivers.
func (s *Server) getReceivers(r *http.Request) (any, error) {
	wanted, err := parseFilter(r.URL.Query()["receiver_matchers"])
	if err != nil {
		return nil, badRequest("failed to parse receiver_matchers param: " + err.Error())
	}
	out := []apiv2.Receiver{}
	for _, rcv := range s.deps.Receivers() {
		if labels := rcv.labels(); wanted.Matches(labels) {
			out = append(out, apiv2.Receiver{Labels: labels, Name: rcv.Name})
		}
	}
	return out, nil
}
