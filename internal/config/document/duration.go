package document

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

func (d *Document) duration(n Node, v reflect.Value) {
	t := n.target()
	if t.Kind != yaml.ScalarNode {
		n.wrongKind("a duration")
		return
	}
	parsed, err := model.ParseDuration(t.Value)
	if err == nil {
		v.SetInt(int64(parsed))
		return
	}
	mend := "write a number and a unit, such as 30s, 5m, 1h30m or 2d"
	if meant, ok := looseDuration(t.Value); ok {
		mend = "write " + meant.String()
	}
	n.mistaken("not a duration", mend)
}

// looseDuration understands what people write: 5 minutes, 1.5h, 90.
func looseDuration(s string) (model.Duration, bool) {
	rest := strings.TrimSpace(strings.ToLower(s))
	var total float64
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if digits < 0 {
			digits = len(rest)
		}
		number, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, false
		}
		rest = strings.TrimLeft(rest[digits:], " ")
		letters := strings.IndexFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })
		if letters < 0 {
			letters = len(rest)
		}
		unit, ok := unitOf(rest[:letters])
		if !ok {
			return 0, false
		}
		total += number * float64(unit)
		rest = strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(rest[letters:], " ,"), "and"), " ")
	}
	const longest = float64(100 * 365 * 24 * time.Hour)
	return model.Duration(total), total >= float64(time.Millisecond) && total < longest
}

func unitOf(name string) (time.Duration, bool) {
	const day = 24 * time.Hour
	switch name {
	case "ms", "msec", "millisecond", "milliseconds":
		return time.Millisecond, true
	case "", "s", "sec", "secs", "second", "seconds":
		return time.Second, true
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute, true
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour, true
	case "d", "day", "days":
		return day, true
	case "w", "week", "weeks":
		return 7 * day, true
	case "y", "year", "years":
		return 365 * day, true
	}
	return 0, false
}
