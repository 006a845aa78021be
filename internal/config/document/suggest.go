package document

import (
	"slices"
	"strings"
)

// Suggest returns which of the known names was probably meant by name, or "".
func Suggest(name string, known []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(s))
	}
	best, nearest := "", max(1, len(name)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if plain(k) == plain(name) {
			return k
		}
		if d := distance(name, k, nearest); d < nearest {
			best, nearest = k, d
		}
	}
	return best
}

// distance returns how many insertions, deletions, substitutions and swaps of
// neighbours lead from a to b; limit where it is that many or more.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	const longest = 100 // a name beyond that is no misspelling, and costly to compare
	if max(len(x), len(y)) > longest || len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], limit)
}
