package web_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web"
)

// What inhibits an alert and what mutes its group is in its status.
func TestInhibitedAndMuted(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) {
		d.InhibitedBy = func(ls alert.Labels) []string {
			if strings.HasPrefix(ls.Get("instance"), "db-2") {
				return []string{"00000000000000ab"}
			}
			return nil
		}
		d.Groups = func(ls alert.Labels) []alert.GroupRef {
			refs := groups(ls)
			for i := range refs {
				refs[i].RouteID = "route of " + refs[i].Receiver
			}
			return refs
		}
		d.MutedBy = func(routeID string, now time.Time) []string {
			if routeID == "route of pager" && now.Equal(at("12:00:00")) {
				return []string{"nights"}
			}
			return nil
		}
		d.RouteLabels = func(ref alert.GroupRef, alerts []*alert.Alert, _ time.Time) alert.Labels {
			return alert.LabelsFromStrings("for", ref.Receiver, "first", alerts[0].Name())
		}
	})
	f.commit(someAlerts()...)
	type shown struct {
		Labels map[string]string
		Status struct {
			State                            string
			InhibitedBy, MutedBy, SilencedBy []string
		}
	}
	read := func(path string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(f.ok("GET", path, "")), into); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"": "db-1 active, db-2 suppressed by 00000000000000ab", "?inhibited=false": "db-1 active",
		"?active=false": "db-2 suppressed by 00000000000000ab",
	} {
		var alerts []shown
		read("/api/v2/alerts"+query, &alerts)
		var got []string
		for _, a := range alerts {
			host, _, isHost := strings.Cut(a.Labels["instance"], ":")
			if !isHost {
				continue
			}
			text := host + " " + a.Status.State
			if by := strings.Join(a.Status.InhibitedBy, " "); by != "" {
				text += " by " + by
			}
			if len(a.Status.MutedBy) > 0 {
				t.Errorf("%s is muted by %v outside of any group", host, a.Status.MutedBy)
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("alerts%s: %v, want %s", query, got, want)
		}
	}

	type group struct {
		Receiver    struct{ Name string }
		RouteLabels map[string]string
		Alerts      []shown
	}
	var all, audible []group
	read("/api/v2/alerts/groups", &all)
	read("/api/v2/alerts/groups?muted=false", &audible)
	muted := 0
	for _, g := range all {
		if g.RouteLabels["for"] != g.Receiver.Name || g.RouteLabels["first"] != g.Alerts[0].Labels["alertname"] {
			t.Errorf("labels of a route to %s: %v", g.Receiver.Name, g.RouteLabels)
		}
		for _, a := range g.Alerts {
			isMuted := slices.Equal(a.Status.MutedBy, []string{"nights"}) && a.Status.State == "suppressed"
			if isMuted != (g.Receiver.Name == "pager") {
				t.Errorf("in a group of %s: %+v", g.Receiver.Name, a.Status)
			}
		}
		if g.Receiver.Name == "pager" {
			muted++
		}
	}
	if muted == 0 || len(audible) != len(all)-muted {
		t.Errorf("%d groups, %d of them muted, %d with muted=false", len(all), muted, len(audible))
	}
}

// The page says which alert explains another.
func TestPageShowsInhibition(t *testing.T) {
	var down alert.Fingerprint
	f := newFixture(t, func(d *web.Deps) {
		d.InhibitedBy = func(ls alert.Labels) []string {
			if strings.HasPrefix(ls.Get("instance"), "db-2") {
				return []string{down.String()}
			}
			return nil
		}
	})
	alerts := someAlerts()
	for _, a := range alerts {
		if strings.HasPrefix(a.Labels.Get("instance"), "db-1") && a.State == alert.Firing {
			down = a.Fingerprint()
		}
	}
	f.commit(alerts...)
	page := f.ok("GET", "/", "")
	for _, want := range []string{"<b>1</b> inhibited", "<dt>inhibited</dt><dd>while DiskFull {instance=&#34;db-1", `class="card alert inhibited`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
