package store

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"alertd/internal/alert"
)

// Whatever is stored, reading it fast gives what reading it by the book does.
func FuzzDecodeLabels(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":"b"}`, `{"a":"b","c":"d"}`, `{"a":""}`, `{"":"a"}`, `{ "a":"b"}`, `{"a": "b"}`, `{"b":"1","a":"2"}`, `{"a":"b","a":"c"}`,
		`{"a":1}`, `{"a":1,"b":"c"}`, `{"a":"b"`, `{"a":"b"}x`, `{"a":"b",}`, `{,}`, `{"a"}`, `{"a":"b""c":"d"}`, `{"a":"\u0041"}`, `[]`, `null`, ``,
		`{"a":"b";"c":"d"}`, "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fast, ok := cutLabels(s)
		if !ok {
			return
		}
		var want alert.Labels
		if err := json.Unmarshal([]byte(s), &want); err != nil {
			if len(s) > 0 && utf8.ValidString(s) && !hasControl(s) {
				t.Fatalf("%q: read as %v, which is %v", s, fast, err)
			}
			return // no encoder writes it
		}
		if utf8.ValidString(s) && !fast.Equal(want) {
			t.Fatalf("%q: read as %v, want %v", s, fast, want)
		}
	})
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}

func FuzzLabels(f *testing.F) {
	f.Add("a", "b", "c", `"`)
	f.Add("é", `\`, "x\x00", "\u2028")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2 string) {
		want := alert.LabelsFromStrings(n1, v1, n2, v2)
		for _, l := range want {
			if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) {
				return
			}
		}
		got, err := decodeLabels(encodeLabels(want))
		if err != nil || !got.Equal(want) {
			t.Fatalf("%v came back as %v, %v", want, got, err)
		}
	})
}

func TestNanosKeepsOrder(t *testing.T) {
	var last int64
	for i, at := range []time.Time{
		{},
		time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(1677, 9, 22, 0, 0, 0, 0, time.UTC), time.Unix(-1, 0), time.Unix(0, 0),
		time.Unix(1, 0), time.Date(2262, 4, 11, 23, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		n := nanos(at)
		if (n == 0) != (i == 0) || i > 1 && n < last {
			t.Errorf("%s is stored as %d", at, n)
		}
		if back := fromNanos(n); i > 1 && i < 7 && back.Sub(at).Abs() > 1 {
			t.Errorf("%s came back as %s", at, back)
		}
		last = n
	}
}
