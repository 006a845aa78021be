package ruletest

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// diff returns both sides in lines, by their labels: what is expected only
// behind "- ", what was got only behind "+ ", what is on both behind "  ".
func diff(expected, got []element) []string {
	var lines []string
	for len(expected) > 0 || len(got) > 0 {
		switch c := side(expected, got); {
		case c < 0:
			lines = append(lines, whole("- ", expected[0])...)
			expected = expected[1:]
		case c > 0:
			lines = append(lines, whole("+ ", got[0])...)
			got = got[1:]
		default:
			lines = append(lines, within(expected[0], got[0])...)
			expected, got = expected[1:], got[1:]
		}
	}
	return lines
}

// side tells which side comes next: below 0 the expected, above 0 what was got,
// 0 both, which are sorted by their labels.
func side(expected, got []element) int {
	switch {
	case len(got) == 0:
		return -1
	case len(expected) == 0:
		return 1
	}
	return labels.Compare(expected[0].labels, got[0].labels)
}

func whole(sign string, e element) []string {
	lines := []string{sign + e.labels.String()}
	for _, f := range e.fields() {
		lines = append(lines, sign+"    "+f)
	}
	return lines
}

// within returns how two elements of the same labels differ.
func within(expected, got element) []string {
	lines := []string{"  " + expected.labels.String()}
	want, have := expected.fields(), got.fields()
	for _, f := range want {
		sign := "  "
		if !slices.Contains(have, f) || f == "NaN" { // NaN is not even equal to itself
			sign = "- "
		}
		lines = append(lines, sign+"    "+f)
	}
	for _, f := range have {
		if !slices.Contains(want, f) || f == "NaN" {
			lines = append(lines, "+     "+f)
		}
	}
	return lines
}
