package slack

import (
	"testing"

	"alertd/notifier/messagetest"
)

func BenchmarkMessage(b *testing.B) {
	templates := messagetest.Templates(b)
	ch, _ := over(newSettings(), hook, nil)
	for name, alerts := range map[string]int{"10 alerts": 10, "5000 alerts": 5000} {
		b.Run(name, func(b *testing.B) {
			flood := messagetest.Flood(alerts, 1, "value")
			for b.Loop() {
				ch.message(messagetest.Message(b, templates, 0, flood...))
			}
		})
	}
}
