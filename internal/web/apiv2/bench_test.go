package apiv2

import (
	"bytes"
	"fmt"
	"testing"
)

func BenchmarkReadAlerts(b *testing.B) {
	const n = 1000
	body := &bytes.Buffer{}
	for i := range n {
		_, _ = fmt.Fprintf(body, `%c{"labels":{"alertname":"DiskAlmostFull","host":"host-%d","rack":"rack-%d","job":"node-exporter","mountpoint":"/var/lib","severity":"warning"},`+
			`"annotations":{"summary":"The disk of host-%d is almost full","description":"More than 90 %% of /var/lib are used."},`+
			`"generatorURL":"http://prometheus.example.org/graph?g0.expr=disk_used"}`, "[,"[min(i, 1)], i, i/10, i)
	}
	body.WriteByte(']')
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		read := 0
		if err := ReadAlerts(bytes.NewReader(body.Bytes()), n, func(*PostableAlert) { read++ }); err != nil || read != n {
			b.Fatal(read, err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "alerts/s")
}
