package standalone

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// registrations registers the libraries' metrics and can take all of them
// back, so that a registry outlives what was opened with it. A nil registry
// takes nothing.
type registrations struct {
	to   prometheus.Registerer
	mu   sync.Mutex
	made []prometheus.Collector
}

// Register registers c.
func (r *registrations) Register(c prometheus.Collector) error {
	if r.to == nil {
		return nil
	}
	if err := r.to.Register(c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, c)
	return nil
}

// MustRegister registers all of cs; the libraries panic on what cannot be
// registered, as Prometheus does.
func (r *registrations) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister takes c back.
func (r *registrations) Unregister(c prometheus.Collector) bool {
	return r.to != nil && r.to.Unregister(c)
}

// undo takes everything back.
func (r *registrations) undo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.made {
		r.Unregister(c)
	}
	r.made = nil
}
