package store

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"alertd/internal/alert"
)

// The seconds that Unix nanoseconds in an int64 can express: 1677 to 2262.
const (
	minSeconds = math.MinInt64 / int64(time.Second)
	maxSeconds = math.MaxInt64 / int64(time.Second)
)

// nanos returns t as stored: Unix nanoseconds, 0 for the zero time. Times that
// do not fit (a silence until the year 9999) become the nearest one that does,
// and the epoch itself the nanosecond after, so that no set time reads as unset.
func nanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case t.IsZero():
		return 0
	case sec <= minSeconds:
		return math.MinInt64
	case sec >= maxSeconds:
		return math.MaxInt64
	}
	if n := t.UnixNano(); n != 0 {
		return n
	}
	return 1
}

// fromNanos reads what nanos wrote, in UTC.
func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// number returns v as stored: text, because a database's own floating point
// turns NaN into NULL (SQLite) or refuses it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// fromNumber reads what number wrote.
func fromNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("reading a value: %w", err)
	}
	return v, nil
}

// encodeLabels writes the set as a JSON object, names in order.
func encodeLabels(ls alert.Labels) string { return string(ls.AppendJSON(nil)) }

// decodeLabels reads what encodeLabels wrote. Nearly every label set is free of
// escapes and is cut out of s in place, which matters when 100,000 are read.
func decodeLabels(s string) (alert.Labels, error) {
	if ls, ok := cutLabels(s); ok {
		return ls, nil
	}
	var ls alert.Labels
	if err := json.Unmarshal([]byte(s), &ls); err != nil {
		return nil, fmt.Errorf("reading labels %q: %w", s, err)
	}
	return ls, nil
}

// cutLabels reads a JSON object of strings that has no escapes and no blanks,
// its names in order; anything else is not ok.
func cutLabels(s string) (ls alert.Labels, ok bool) {
	rest, ok := strings.CutPrefix(s, "{")
	if !ok || strings.IndexByte(s, '\\') >= 0 {
		return nil, false
	}
	if rest == "}" {
		return nil, true
	}
	ls = make(alert.Labels, 0, strings.Count(s, `":"`))
	for sep := byte(','); sep == ','; {
		var l alert.Label
		if rest, ok = strings.CutPrefix(rest, `"`); !ok {
			return nil, false
		}
		if l.Name, rest, ok = strings.Cut(rest, `":"`); !ok {
			return nil, false
		}
		if l.Value, rest, ok = strings.Cut(rest, `"`); !ok || rest == "" || l.Value == "" {
			return nil, false
		}
		if strings.IndexByte(l.Name, '"') >= 0 || len(ls) > 0 && ls[len(ls)-1].Name >= l.Name {
			return nil, false
		}
		ls = append(ls, l)
		sep, rest = rest[0], rest[1:]
		if sep != ',' && (sep != '}' || rest != "") {
			return nil, false
		}
	}
	return ls, true
}

// encodeJSON writes a list or a message's content.
func encodeJSON(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding %T: %w", v, err)
	}
	return string(data), nil
}

// decodeJSON reads what encodeJSON wrote.
func decodeJSON(s string, into any) error {
	if err := json.Unmarshal([]byte(s), into); err != nil {
		return fmt.Errorf("reading %T: %w", into, err)
	}
	return nil
}
