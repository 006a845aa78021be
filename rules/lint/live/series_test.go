package live

import (
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// A selector is quoted as people write it, whatever stands behind it.
func TestWritten(t *testing.T) {
	for expr, want := range map[string]string{
		`queue_depth`:                        `queue_depth`,
		`up{job="app"} offset 5m`:            `up{job="app"}`,
		`up{job="app"} @ start()`:            `up{job="app"}`,
		`{__name__=~"etl_.+",instance!="a"}`: `{__name__=~"etl_.+",instance!="a"}`,
	} {
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(parsed.(*parser.VectorSelector)); got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}
