package rulefile_test

import (
	"strings"
	"testing"

	"alertd/rules/rulefile"
)

// TestWithin finds the word HERE of an expression, however it is written.
func TestWithin(t *testing.T) {
	for name, test := range map[string]struct {
		yaml string
		want rulefile.Place
	}{
		"plain":                  {"groups:\n- rules:\n  - expr: up == HERE", rulefile.Place{Line: 3, Column: 17}},
		"over two lines":         {"groups:\n- rules:\n  - expr: up ==\n      HERE", rulefile.Place{Line: 4, Column: 7}},
		"single quotes":          {"groups:\n- rules:\n  - expr: 'up{a=\"b''c\"} == HERE'", rulefile.Place{Line: 3, Column: 28}},
		"double quotes":          {"groups:\n- rules:\n  - expr: \"up{a=\\\"n\\\"} ==\\n HERE\"", rulefile.Place{Line: 3, Column: 29}},
		"literal":                {"groups:\n- rules:\n  - expr: |\n      up\n\n        == HERE\n    for: 5m", rulefile.Place{Line: 6, Column: 12}},
		"literal with indent":    {"groups:\n- rules:\n  - expr: |2-\n        up == HERE\n", rulefile.Place{Line: 4, Column: 15}},
		"folded":                 {"groups:\n- rules:\n  - expr: >-\n      up\n      == HERE", rulefile.Place{Line: 5, Column: 10}},
		"a comment within":       {"groups:\n- rules:\n  - expr: |\n      up # HERO\n      == HERE", rulefile.Place{Line: 5, Column: 10}},
		"anchor":                 {"groups:\n- rules:\n  - expr: &upHERO up == HERE", rulefile.Place{Line: 3, Column: 25}},
		"tag":                    {"groups:\n- rules:\n  - expr: !!str up == HERE", rulefile.Place{Line: 3, Column: 23}},
		"alias":                  {"x: &e up == HERE\ngroups:\n- rules:\n  - expr: *e", rulefile.Place{Line: 1, Column: 13}},
		"merged":                 {"x: &e {expr: up == HERE}\ngroups:\n- rules:\n  - <<: *e", rulefile.Place{Line: 1, Column: 20}},
		"flow":                   {"groups: [{rules: [{expr: up == HERE}]}]", rulefile.Place{Line: 1, Column: 32}},
		"wide characters before": {"groups:\n- rules:\n  - expr: 'up{a=\"日本\"} == HERE'", rulefile.Place{Line: 3, Column: 26}},
		"windows":                {"groups:\r\n- rules:\r\n  - expr: |\r\n      up ==\r\n      HERE\r\n", rulefile.Place{Line: 5, Column: 7}},
		"json":                   {"{\"groups\": [{\"rules\": [{\"expr\": \"up == HERE\"}]}]}", rulefile.Place{Line: 1, Column: 40}},
	} {
		t.Run(name, func(t *testing.T) {
			f := rulefile.Parse("a.yml", []byte(test.yaml))
			if len(f.Groups) != 1 || len(f.Groups[0].Rules) != 1 {
				t.Fatalf("%+v", f.Groups)
			}
			expr := rulefile.Value(f.Groups[0].Rules[0].Node, "expr")
			offset := strings.LastIndex(expr.Value, "HERE")
			if got := f.Within(expr, offset); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if end := f.Within(expr, len(expr.Value)); end.Line < test.want.Line {
				t.Errorf("the end is before that, at %+v", end)
			}
		})
	}
}

func TestScope(t *testing.T) {
	f := rulefile.Parse("a.yml", []byte(`# 1
groups:
# 3: above the first group
- name: a
  rules:
  # 6: above a rule
  - alert: A
    # 8: within it
    expr: up
    for: 5m # 10
  # 11: above the next
  - alert: B
    expr: |
      up # 14
      # 15
      == 0
# 17: above the next group
- name: b
  rules: []
# 20: at the end
`))
	for line, want := range map[int]rulefile.Scope{
		1: {Group: -1, Rule: -1}, 2: {Group: -1, Rule: -1}, 3: {Group: 0, Rule: -1}, 4: {Group: 0, Rule: -1},
		6: {}, 7: {}, 8: {}, 10: {}, 11: {Rule: 1}, 14: {Rule: 1}, 15: {Rule: 1}, 17: {Group: 1, Rule: -1}, 20: {Group: 1, Rule: -1},
	} {
		if got := f.Scope(line); got != want {
			t.Errorf("line %d: %+v, want %+v", line, got, want)
		}
	}
}
