package batch

import (
	"fmt"
	"strconv"
	"strings"

	"alertd/internal/alert"
)

// ruleLabel marks, in an answer to several units, whose each element is. No
// expression that names it is joined with others.
const ruleLabel = "__alertd_rule__"

// markBytes is more than marking one unit adds to its text.
const markBytes = len(`label_replace(vector(`) + len("\n)") + len(`, "`+ruleLabel+`", "99", "", "") or `)

// join makes requests of the units, each as large as the limits allow.
func join(units []unit) []Request {
	var plan []Request
	var open []unit
	size := 0
	closeOpen := func() {
		if len(open) > 0 {
			plan = append(plan, newRequest(open))
		}
		open, size = nil, 0
	}
	for _, u := range units {
		if u.alone {
			plan = append(plan, newRequest([]unit{u}))
			continue
		}
		length := len(u.expr) + markBytes
		if len(open) == maxJoined || size+length > maxBytes {
			closeOpen()
		}
		open, size = append(open, u), size+length
	}
	closeOpen()
	return plan
}

func newRequest(units []unit) Request {
	r := Request{units: units}
	for i := range units {
		r.adopt(&units[i])
	}
	if len(units) == 1 {
		r.Expr = units[0].expr
		return r
	}
	marked := make([]string, len(units))
	for i, u := range units {
		marked[i] = mark(u, i)
	}
	r.Expr = strings.Join(marked, " or ")
	return r
}

// adopt makes the unit's members the request's, and lets the unit name them by
// their positions among those.
func (r *Request) adopt(u *unit) {
	position := make(map[int]int, len(u.members))
	for i, m := range u.members {
		position[m] = len(r.Members)
		r.Members = append(r.Members, m)
		u.members[i] = position[m]
	}
	for _, owners := range u.byValue {
		for i, m := range owners {
			owners[i] = position[m]
		}
	}
}

// mark gives every element of the unit its number as a label. A comment at the
// end of the user's text must not swallow what follows.
func mark(u unit, n int) string {
	text := u.expr
	if strings.Contains(text, "#") {
		text += "\n"
	}
	if u.scalar {
		text = "vector(" + text + ")"
	}
	return fmt.Sprintf(`label_replace(%s, "%s", "%d", "", "")`, text, ruleLabel, n)
}

// unmark returns the unit that a sample belongs to, and the sample without its
// mark.
func (r *Request) unmark(s alert.Sample) (*unit, alert.Sample, error) {
	text := s.Labels.Get(ruleLabel)
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= len(r.units) {
		return nil, s, fmt.Errorf("the answer has an element with %s=%q, which tells of no rule", ruleLabel, text)
	}
	s.Labels = s.Labels.Without(ruleLabel)
	return &r.units[n], s, nil
}
