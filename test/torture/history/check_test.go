package history

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// at is a moment of the histories below.
func at(seconds float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// told is a message about incident a, answered.
func told(seconds float64, delivery, state string) Message {
	m := Message{At: at(seconds), Receiver: "team", Group: "g", Delivery: delivery, Answered: true}
	if state == "firing" {
		m.Firing = []string{"a"}
	} else {
		m.Resolved = []string{"a"}
	}
	return m
}

// unanswered is a message that was heard, and of which alertd thinks otherwise.
func unanswered(m Message) Message {
	m.Answered = false
	return m
}

func killed(from, until float64) Down { return Down{From: at(from), Until: at(until), Killed: true} }

func TestCheck(t *testing.T) {
	incident := func(change func(*Incident)) []Incident {
		inc := Incident{ID: "a", Promised: at(1), Ended: true, Receivers: []string{"team"}}
		if change != nil {
			change(&inc)
		}
		return []Incident{inc}
	}
	ended := incident(nil)
	firing := incident(func(i *Incident) { i.Ended = false })
	partly := incident(func(i *Incident) { i.Silencing = PartlySilenced })
	hushed := incident(func(i *Incident) { i.Silencing = Hushed })
	unheard := incident(func(i *Incident) { i.Promised = time.Time{} })
	for name, test := range map[string]struct {
		h    History
		want []Kind
	}{
		"nothing": {},
		"told and ended": {
			h: History{Incidents: ended, Messages: []Message{told(2, "1", "firing"), told(3, "2", "resolved")}},
		},
		"an incident that came and went is told as one": {
			h: History{Incidents: ended, Messages: []Message{told(3, "2", "resolved")}},
		},
		"a lost incident": {h: History{Incidents: ended}, want: []Kind{Lost}},
		"told to another only": {
			h:    History{Incidents: incident(func(i *Incident) { i.Receivers = []string{"team", "other"} }), Messages: []Message{told(3, "2", "resolved")}},
			want: []Kind{Lost},
		},
		"heard, and never answered": {
			h:    History{Incidents: firing, Messages: []Message{unanswered(told(2, "1", "firing"))}},
			want: []Kind{Lost},
		},
		"one that alertd may not have known of": {h: History{Incidents: unheard}},
		"a lost recovery": {
			h:    History{Incidents: ended, Messages: []Message{told(2, "1", "firing")}},
			want: []Kind{EndLost},
		},
		"a recovery that nobody answered": {
			h:    History{Incidents: ended, Messages: []Message{told(2, "1", "firing"), unanswered(told(3, "2", "resolved"))}},
			want: []Kind{EndLost},
		},
		"a lost recovery of what only the receiver knows was heard": {
			h:    History{Incidents: unheard, Messages: []Message{unanswered(told(2, "1", "firing"))}},
			want: []Kind{EndLost},
		},
		"told as ended, and it fires": {
			h:    History{Incidents: firing, Messages: []Message{told(2, "1", "firing"), told(3, "2", "resolved")}},
			want: []Kind{FiringLost},
		},
		"fires again after its end": {
			h:    History{Incidents: firing, Messages: []Message{told(2, "1", "firing"), told(3, "2", "resolved"), told(4, "3", "firing")}},
			want: []Kind{Regression},
		},
		"shown as firing after its end": {
			h: History{Seen: []Seen{
				{At: at(1), Incident: "a", Firing: true},
				{At: at(2), Incident: "a"},
				{At: at(3), Incident: "a", Firing: true},
			}},
			want: []Kind{Regression},
		},
		"shown as firing, then as ended": {
			h: History{Seen: []Seen{{At: at(1), Incident: "a", Firing: true}, {At: at(2), Incident: "a"}, {At: at(3), Incident: "a"}}},
		},
		"a delivery told twice": {
			h:    History{Incidents: firing, Messages: []Message{told(2, "1", "firing"), told(3, "1", "firing")}},
			want: []Kind{Duplicate},
		},
		"the same told twice by two deliveries": {
			h:    History{Incidents: firing, Messages: []Message{told(2, "1", "firing"), told(3, "2", "firing")}},
			want: []Kind{Duplicate},
		},
		"a delivery told again after another": {
			h: History{Messages: []Message{
				told(2, "1", "firing"),
				{At: at(3), Receiver: "team", Group: "g", Delivery: "2", Answered: true, Firing: []string{"a", "b"}},
				told(4, "1", "firing"),
			}},
			want: []Kind{Duplicate},
		},
		"told again after it was not answered": {
			h: History{Incidents: firing, Messages: []Message{unanswered(told(2, "1", "firing")), unanswered(told(3, "1", "firing")), told(4, "1", "firing")}},
		},
		"answered, and told again because of another's silence": {
			h: History{
				Incidents: append(incident(func(i *Incident) { i.Ended = false; i.Silencing = PartlySilenced }), firing[0])[:1],
				Messages:  []Message{told(2, "1", "firing"), told(3, "2", "firing")},
			},
		},
		"told twice around a kill": {
			h: History{Incidents: firing, Downs: []Down{killed(2.1, 2.5)}, Messages: []Message{told(2, "1", "firing"), told(3, "1", "firing")}},
		},
		"read after its sender was killed": {
			h: History{Incidents: firing, Downs: []Down{killed(2, 2.5)}, Messages: []Message{told(2.1, "1", "firing"), told(3, "1", "firing")}},
		},
		"told three times around one kill": {
			h: History{
				Incidents: firing, Downs: []Down{killed(2.1, 2.5)},
				Messages: []Message{told(2, "1", "firing"), told(3, "1", "firing"), told(4, "1", "firing")},
			},
			want: []Kind{Duplicate},
		},
		"told again after a kill, and not answered at first": {
			h: History{
				Parallel: 1, Incidents: firing, Downs: []Down{killed(2.1, 2.5)},
				Messages: []Message{told(2, "1", "firing"), unanswered(told(3, "1", "firing")), told(4, "1", "firing")},
			},
		},
		"told twice around a stop": {
			h: History{
				Incidents: firing, Downs: []Down{{From: at(2.1), Until: at(2.5)}},
				Messages: []Message{told(2, "1", "firing"), told(3, "1", "firing")},
			},
			want: []Kind{Duplicate},
		},
		"more told twice than were on their way": {
			h: History{
				Parallel: 1, Downs: []Down{killed(3, 4)},
				Messages: []Message{
					{At: at(1), Receiver: "team", Group: "g", Delivery: "1", Answered: true},
					{At: at(1), Receiver: "team", Group: "h", Delivery: "2", Answered: true},
					{At: at(5), Receiver: "team", Group: "g", Delivery: "1", Answered: true},
					{At: at(5), Receiver: "team", Group: "h", Delivery: "2", Answered: true},
				},
			},
			want: []Kind{Duplicate},
		},
		"a silence that was broken": {
			h:    History{Incidents: hushed, Messages: []Message{told(2, "1", "firing"), told(3, "2", "resolved")}},
			want: []Kind{BrokeSilence, BrokeSilence},
		},
		"a silence that held":                           {h: History{Incidents: hushed}},
		"silenced for a part of its time, and not told": {h: History{Incidents: partly}},
		"silenced after it was told": {
			h:    History{Incidents: partly, Messages: []Message{told(2, "1", "firing")}},
			want: []Kind{EndLost},
		},
		"silenced after it was told and not noted": {
			h: History{Incidents: partly, Downs: []Down{killed(2.1, 2.5)}, Messages: []Message{told(2, "1", "firing")}},
		},
		"a lost silence": {
			h:    History{Records: []Record{{Kind: "silence", ID: "s", Writes: []Write{{Version: "made", Promised: true}}}}},
			want: []Kind{RecordLost},
		},
		"a lost edit": {
			h: History{Records: []Record{{
				Kind: "silence", ID: "s", Found: "made",
				Writes: []Write{{Version: "made", Promised: true}, {Version: "edited", Promised: true}, {Version: "again"}},
			}}},
			want: []Kind{RecordLost},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Kind
			for _, v := range Check(&test.h) {
				got = append(got, v.Kind)
				if v.Incident != "" && !strings.Contains(Story(&test.h, v.Incident), v.Incident) {
					t.Errorf("the story of %s does not name it", v.Incident)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func TestAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		writes []Write
		want   []string
	}{
		"promised":                {[]Write{{Version: "a", Promised: true}}, []string{"a"}},
		"edited":                  {[]Write{{Version: "a", Promised: true}, {Version: "b", Promised: true}}, []string{"b"}},
		"an edit with no answer":  {[]Write{{Version: "a", Promised: true}, {Version: "b"}}, []string{"a", "b"}},
		"two with no answer":      {[]Write{{Version: "a", Promised: true}, {Version: "b"}, {Version: "c"}}, []string{"a", "b", "c"}},
		"promised after all":      {[]Write{{Version: "a", Promised: true}, {Version: "b"}, {Version: "b", Promised: true}}, []string{"b"}},
		"nothing was promised":    {[]Write{{Version: "a"}}, []string{"a", ""}},
		"nothing was ever asked":  {nil, []string{""}},
		"an earlier one is stale": {[]Write{{Version: "a"}, {Version: "b", Promised: true}}, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (&Record{Writes: test.writes}).Allowed(); !slices.Equal(got, test.want) {
				t.Errorf("allowed %q, want %q", got, test.want)
			}
		})
	}
}

func TestStory(t *testing.T) {
	h := History{
		Incidents: []Incident{{ID: "a", Promised: at(1), Ended: true, Receivers: []string{"team"}}},
		Downs:     []Down{killed(2.1, 2.5), killed(60, 61)},
		Messages:  []Message{told(2, "1", "firing"), unanswered(told(3, "2", "resolved"))},
		Seen:      []Seen{{At: at(1.5), Incident: "a", Firing: true}, {At: at(2.6), Incident: "a", Firing: true}},
	}
	want := `a:
  12:00:01.000  alertd is known to have it (ended at last: true)
  12:00:01.500  the API shows it as firing
  12:00:02.000  team hears that it is firing; answered (group g, delivery 1)
  12:00:02.100  alertd is killed
  12:00:02.500  alertd is started
  12:00:03.000  team hears that it is ended; not answered as it should be (group g, delivery 2)
`
	if got := Story(&h, "a"); got != want {
		t.Errorf("the story is\n%swant\n%s", got, want)
	}
	if got := Story(&h, "b"); !strings.Contains(got, "nothing was heard") {
		t.Error(got)
	}
}
