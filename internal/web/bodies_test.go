package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"alertd/internal/web/apiv2"
)

// Many clients cannot make alertd hold together what one of them could not.
func TestBodiesTogether(t *testing.T) {
	m, err := newMetrics(Deps{})
	if err != nil {
		t.Fatal(err)
	}
	read, end := make(chan error), make(chan struct{})
	var underWay sync.WaitGroup
	h := (&Server{metrics: m}).boundBodies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		read <- err
		<-end
	}))
	send := func(bytes int) error {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(strings.Repeat("x", bytes)))
		underWay.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
		return <-read
	}
	for range maxBodies / maxBody {
		if err := send(maxBody); err != nil {
			t.Errorf("one of those for which there is room: %v", err)
		}
	}
	if err := send(1); !errors.Is(err, apiv2.ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	close(end)
	underWay.Wait()
	var tooLarge *http.MaxBytesError
	if err := send(maxBody + 1); !errors.As(err, &tooLarge) {
		t.Errorf("too large a one, alone: %v", err)
	}
	underWay.Wait()
	if err := send(maxBody); err != nil {
		t.Errorf("one after them: %v", err)
	}
}
