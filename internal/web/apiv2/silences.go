package apiv2

import (
	"strconv"

	"alertd/internal/alert"
)

// Silence is a silence as clients get it.
type Silence struct {
	ID        string        `json:"id"`
	Status    SilenceStatus `json:"status"`
	UpdatedAt Time          `json:"updatedAt"`
	Comment   string        `json:"comment"`
	CreatedBy string        `json:"createdBy"`
	EndsAt    Time          `json:"endsAt"`
	Matchers  []Matcher     `json:"matchers"`
	StartsAt  Time          `json:"startsAt"`

	Annotations alert.Labels `json:"annotations,omitempty"`
}

// SilenceStatus tells where a silence stands.
type SilenceStatus struct {
	State alert.SilenceState `json:"state"`
}

// Matcher is one comparison of a silence.
type Matcher struct {
	IsEqual bool   `json:"isEqual"`
	IsRegex bool   `json:"isRegex"`
	Name    string `json:"name"`
	Value   string `json:"value"`
}

// PostableSilence is a silence as clients send it.
type PostableSilence struct {
	ID        string             `json:"id"` // of the silence to change; "" for a new one
	Matchers  []*PostableMatcher `json:"matchers"`
	StartsAt  *Time              `json:"startsAt"`
	EndsAt    *Time              `json:"endsAt"`
	CreatedBy *string            `json:"createdBy"`
	Comment   *string            `json:"comment"`

	// Annotations that are not given are left as they are.
	Annotations LabelSet `json:"annotations"`
}

// PostableMatcher is a matcher as clients send it.
type PostableMatcher struct {
	Name    *string `json:"name"`
	Value   *string `json:"value"`
	IsRegex *bool   `json:"isRegex"`
	IsEqual *bool   `json:"isEqual"` // absent means true
}

// Op returns the matcher's comparison.
func (m *PostableMatcher) Op() alert.MatchOp {
	equal := m.IsEqual == nil || *m.IsEqual
	switch {
	case *m.IsRegex && equal:
		return alert.MatchRegexp
	case *m.IsRegex:
		return alert.MatchNotRegexp
	case equal:
		return alert.MatchEqual
	default:
		return alert.MatchNotEqual
	}
}

// Check tells the first thing by which the silence does not follow the schema.
func (s *PostableSilence) Check() error {
	switch {
	case s.Comment == nil:
		return required("comment")
	case s.CreatedBy == nil:
		return required("createdBy")
	case s.EndsAt == nil:
		return required("endsAt")
	case s.Matchers == nil:
		return required("matchers")
	case len(s.Matchers) == 0:
		return Errorf(CodeMinItems, "matchers in body should have at least 1 items")
	}
	if err := CheckMatchers(s.Matchers); err != nil {
		return err
	}
	if s.StartsAt == nil {
		return required("startsAt")
	}
	return nil
}

// CheckMatchers tells the first thing by which matchers do not follow the schema.
func CheckMatchers(matchers []*PostableMatcher) error {
	for i, m := range matchers {
		at := "matchers." + strconv.Itoa(i)
		switch {
		case m == nil:
			return required(at)
		case m.IsRegex == nil:
			return required(at + ".isRegex")
		case m.Name == nil:
			return required(at + ".name")
		case m.Value == nil:
			return required(at + ".value")
		}
	}
	return nil
}
