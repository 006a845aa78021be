package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// pipeline measures what becomes of alerts that are posted, beside Alertmanager.
type pipeline struct {
	*bench
	hearer *hearer
	alerts int
	away   time.Duration
}

// pipelineParts are the measurements that -pipeline chooses from.
func pipelineParts() []string {
	return []string{"group", "groups", "read", "restart", "change", "deliveries"}
}

// measurePipeline runs the chosen measurements.
func measurePipeline(ctx context.Context, chosen string, alerts int, away time.Duration) error {
	for part := range strings.SplitSeq(chosen, ",") {
		if !slices.Contains(pipelineParts(), part) {
			return fmt.Errorf("-pipeline %s: there is no such measurement, but %s", part, strings.Join(pipelineParts(), ", "))
		}
		if err := measurePart(ctx, part, alerts, away); err != nil {
			return fmt.Errorf("measuring %q: %w", part, err)
		}
	}
	return nil
}

func measurePart(ctx context.Context, part string, alerts int, away time.Duration) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	p := &pipeline{bench: b, alerts: alerts, away: away}
	if p.hearer, err = newHearer(ctx); err != nil {
		return err
	}
	switch part {
	case "group":
		return p.intake("in one group", "alertname", "30s", "budget: rate 0.5x")
	case "groups":
		return p.intake("each in a group", "'...'", "30s", "budget: rate 1x, RSS 0.3x")
	case "read":
		return p.read()
	case "restart":
		return p.restart()
	case "change":
		return p.change()
	default:
		return p.deliveries()
	}
}

// subjects returns a fresh alertd and a fresh Alertmanager.
func (p *pipeline) subjects(r routing) ([]*subject, error) {
	ours, err := p.alertdSubject(r, p.hearer.address)
	if err != nil {
		return nil, err
	}
	peer, err := p.alertmanagerSubject(r, p.hearer.address)
	return []*subject{peer, ours}, err
}

// batches returns n alerts, a thousand to a body, of hosts from first on.
// Every ten hosts are a rack.
func batches(first, n int, ended bool) [][]byte {
	var bodies [][]byte
	starts := time.Now().UTC()
	for i := first; i < first+n; {
		var body bytes.Buffer
		body.WriteByte('[')
		for k := 0; k < 1000 && i < first+n; k, i = k+1, i+1 {
			if k > 0 {
				body.WriteByte(',')
			}
			ends := ""
			if ended {
				ends = fmt.Sprintf(`"endsAt":%q,`, starts.Format(time.RFC3339Nano))
			}
			// One sender's labels, as they are for a filling disk.
			_, _ = fmt.Fprintf(&body, `{"labels":{"alertname":"DiskAlmostFull","host":"host-%06d","rack":"rack-%05d","job":"node-exporter",`+
				`"mountpoint":"/var/lib","severity":"warning"},"annotations":{"summary":"The disk of host-%06d is almost full",`+
				`"description":"More than 90 %% of /var/lib are used on host-%06d."},%s"generatorURL":"http://prometheus.example.org/graph?g0.expr=disk_used+%%3E+90"}`,
				i, i/10, i, i, ends)
		}
		body.WriteByte(']')
		bodies = append(bodies, body.Bytes())
	}
	return bodies
}

// quiet waits until the receiver has heard of that many alerts, and then of
// nothing for two seconds. It returns when it heard the last.
func (p *pipeline) quiet(alerts int, patience time.Duration) (time.Time, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		_, heard, _, last := p.hearer.counts()
		if heard >= alerts && time.Since(last) > 2*time.Second {
			return last, nil
		}
		if err := p.wait(50 * time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
	_, heard, _, last := p.hearer.counts()
	return last, fmt.Errorf("the receiver heard of %d of %d alerts within %s", heard, alerts, patience)
}
