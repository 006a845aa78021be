package apiv2_test

import (
	"encoding/json"
	"testing"

	"alertd/internal/web/apiv2"
)

func TestTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-23T12:00:00Z":                "2026-11-23T12:00:00.000Z",
		"2026-11-23T12:00:00.123456789+01:00": "2026-11-23T11:00:00.123Z",
		"2026-11-23T12:00:00.5-0130":          "2026-11-23T13:30:00.500Z",
		"2026-11-23T12:00:00":                 "2026-11-23T12:00:00.000Z",
		"2026-11-23T12:00Z":                   "2026-11-23T12:00:00.000Z",
		"2026-11-23T12:00":                    "2026-11-23T12:00:00.000Z",
		"2026-11-23 12:00:00":                 "2026-11-23T12:00:00.000Z",
		"2026-11-23":                          "2026-11-23T00:00:00.000Z",
		"0001-01-01T00:00:00Z":                "0001-01-01T00:00:00.000Z",
		"":                                    "1970-01-01T00:00:00.000Z",
	} {
		var at apiv2.Time
		if err := json.Unmarshal([]byte(`"`+text+`"`), &at); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := json.Marshal(at)
		if err != nil || string(got) != `"`+want+`"` {
			t.Errorf("%s is written %s (%v), want %s", text, got, err, want)
		}
	}
	for _, bad := range []string{`"yesterday"`, `5`, `{}`, `"2026-13-01T00:00:00Z"`, `"12:00"`} {
		var at apiv2.Time
		if err := json.Unmarshal([]byte(bad), &at); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
