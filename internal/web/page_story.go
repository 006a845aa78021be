package web

import (
	"errors"
	"net/http"
	"time"

	"alertd/internal/web/apiv1"
)

// storyView is what the page of one alert shows.
type storyView struct {
	clock
	Now         stampView
	Alert       alertView
	Rule        *ruleStoryView
	RuleMissing string
	Past, Next  []lineView
	Quiet       []quietView
	Told        []standingView
	Routes      []apiv1.StoryRoute
	Notes       []string
}

type ruleStoryView struct{ Name, Group, Expression, For, LastError string }

type lineView struct {
	At       stampView
	Kind     string
	Text, In string
}

type quietView struct{ By, Who, Until, Comment string }

// standingView is where one integration stands with the alert.
type standingView struct {
	Integration, State, Reason string
	First, Last, Next, Error   string
	Attempts                   int
	Failing                    bool
}

// showStory serves the page of one alert.
func (s *Server) showStory(w http.ResponseWriter, r *http.Request) {
	if s.deps.Explain == nil {
		plain(w, http.StatusNotFound, "alerts cannot be explained here\n")
		return
	}
	story, of, err := s.deps.Explain(r.Context(), r.PathValue("id"))
	if errors.Is(err, s.deps.NotFound) {
		plain(w, http.StatusNotFound, "this alert is not known, or not any more\n")
		return
	}
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	now := s.deps.Now()
	v := &storyView{clock: clock{now}, Now: stamp(now, now), RuleMissing: story.RuleMissing, Routes: story.Routes, Notes: story.NotComplete}
	v.Alert = v.alertView(of, string(of.State))
	if rule := story.Rule; rule != nil {
		v.Rule = &ruleStoryView{Name: rule.Name, Group: rule.Group, Expression: clip(rule.Expression, longText), LastError: clip(rule.LastError, longText)}
		if rule.ForSeconds > 0 {
			v.Rule.For = lasting(time.Duration(rule.ForSeconds * float64(time.Second)))
		}
	}
	v.Past, v.Next = v.lines(story.Past), v.lines(story.Next)
	for _, q := range story.Suppressed {
		v.Quiet = append(v.Quiet, quietView{q.By, clip(q.Who, shortText), v.maybe(q.Until), clip(q.Comment, longText)})
	}
	for _, i := range story.Told {
		v.Told = append(v.Told, standingView{
			Integration: i.Integration, State: i.State, Reason: i.Reason, First: v.maybe(i.FirstTold), Last: v.maybe(i.LastTold),
			Next: v.maybe(i.NextAt), Error: clip(i.Error, longText), Attempts: i.Attempts, Failing: i.State == "failing" || i.State == "refused",
		})
	}
	s.render(w, "page_story.html", http.StatusOK, v)
}

func (v *storyView) lines(lines []apiv1.StoryLine) []lineView {
	out := make([]lineView, len(lines))
	for i, l := range lines {
		out[i] = lineView{At: v.stamp(l.At), Kind: l.Kind, Text: clip(l.Text, longText), In: lasting(l.At.Sub(v.now))}
	}
	return out
}

// maybe is a moment that may not be.
func (v *storyView) maybe(at *time.Time) string {
	if at == nil {
		return ""
	}
	return v.stamp(*at).Text
}
