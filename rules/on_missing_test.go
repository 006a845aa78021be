package rules_test

import (
	"strings"
	"testing"

	"alertd/rules"
)

const policies = `
groups:
  - name: g
    labels: {on_missing: alert}
    rules:
      - {alert: Own, expr: x > 1, labels: {on_missing: keep}}
      - {alert: Group, expr: x > 1}
      - {alert: Unprovable, expr: x, labels: {on_missing: keep}}
  - name: h
    rules:
      - {alert: File, expr: x > 1}
      - {alert: Prometheus, expr: x > 1, labels: {on_missing: resolve}}
`

// A rule's own label wins over its group's, and that over the file's entry.
func TestOnMissingOfFileRules(t *testing.T) {
	groups, err := load(t, policies, rules.Keep)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]rules.OnMissing{
		"Own": rules.Keep, "Group": rules.AlertOnMissing, "Unprovable": rules.Resolve, "File": rules.Keep, "Prometheus": rules.Resolve,
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.OnMissing != want[r.Name] {
				t.Errorf("%s: %s, want %s", r.Name, r.OnMissing, want[r.Name])
			}
			delete(want, r.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not loaded: %v", want)
	}
}

func TestOnMissingThatIsNoPolicy(t *testing.T) {
	for text, place := range map[string]string{
		"groups:\n  - name: g\n    rules:\n      - {alert: A, expr: x, labels: {on_missing: maybe}}":                                      ":4:50: ",
		"groups:\n  - name: g\n    rules:\n      - {alert: A, expr: x, labels: {on_missing: \"{{ $labels.policy }}\"}}":                   ":4:50: ",
		"groups:\n  - name: g\n    labels: {on_missing: \"\"}\n    rules:\n      - {alert: A, expr: x}":                                   ":3:26: ",
		"x: &l {on_missing: no}\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: x\n        labels: {on_missing: Keep}": "",
	} {
		_, err := load(t, text, "")
		if err == nil || !strings.Contains(err.Error(), place) || place != "" && !strings.Contains(err.Error(), "write keep, resolve or alert\n") {
			t.Errorf("%s\nerror %v, want one at %s", text, err, place)
		}
	}
	checked := rules.CheckFile("testdata/check/pass-on-missing.yml")
	if len(checked.Mistakes) > 0 || len(checked.Policies) != 1 || !strings.HasPrefix(checked.Policies[0].String(), `testdata/check/pass-on-missing.yml:5:54: label on_missing: "maybe"`) {
		t.Errorf("mistakes %q, policies %q", checked.Mistakes, checked.Policies)
	}
}

func TestOnMissingOfKinds(t *testing.T) {
	spec := rules.Spec{
		Cron:       []rules.CronJob{{Name: "etl", OnMissing: rules.Resolve}, {Name: "other"}},
		Resources:  rules.Resources{OnMissing: rules.AlertOnMissing},
		Containers: rules.Containers{OnMissing: rules.Resolve, Expect: []string{"db"}},
	}
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]rules.OnMissing{
		"cron/etl": rules.Resolve, "cron/other": rules.Keep, "targets": rules.Keep, "resources": rules.AlertOnMissing, "containers": rules.Resolve,
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			policy := want[g.Name]
			if job := r.Job; job != "" {
				policy = want["cron/"+job]
			}
			if r.Name == "NoData" || r.Name == "CronNeverRan" {
				policy = rules.Keep // missing data is what they tell of
			}
			if r.OnMissing != policy {
				t.Errorf("%s: %s, want %s", r.ID, r.OnMissing, policy)
			}
		}
	}
	bad := rules.OnMissing("drop")
	for kind, wrong := range map[string]int{
		"cron":       len((&rules.CronJob{Name: "etl", OnMissing: bad}).Check()),
		"resources":  len((&rules.Resources{OnMissing: bad}).Check()),
		"containers": len((&rules.Containers{OnMissing: bad}).Check()),
	} {
		if wrong != 1 {
			t.Errorf("%s: %d mistakes, want 1", kind, wrong)
		}
	}
}
