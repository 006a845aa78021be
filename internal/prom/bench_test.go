package prom

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func BenchmarkQuery(b *testing.B) {
	for _, series := range []int{1, 1000, 100_000} {
		for _, value := range []string{"0", "1"} {
			b.Run(fmt.Sprintf("series=%d/value=%s", series, value), func(b *testing.B) {
				element := `{"metric":{"__name__":"up","instance":"host:9100","job":"node"},"value":[1700000000,"` + value + `"]}`
				body := vector(strings.TrimSuffix(strings.Repeat(element+",", series), ","))
				c, err := New(Settings{URL: "http://prometheus:9090"}, nil)
				if err != nil {
					b.Fatal(err)
				}
				c.http = &http.Client{Transport: canned{200, body}}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Query(b.Context(), "up", at); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
