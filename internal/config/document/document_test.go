package document

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
)

func TestSplitLines(t *testing.T) {
	for text, want := range map[string][]string{
		"":                            {""},
		"a":                           {"a"},
		"a\n":                         {"a", ""},
		"a\r\nb\rc\n\nd":              {"a", "b", "c", "", "d"},
		"a\u0085b\u2028c\u2029d":      {"a", "b", "c", "d"},
		"é日\r\n\xff\n":                {"é日", "\xff", ""},
		"a\r\r\n\rb":                  {"a", "", "", "b"},
		strings.Repeat("x", 5) + "\r": {"xxxxx", ""},
	} {
		if diff := cmp.Diff(want, splitLines(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"failed_for", "max_age", "name", "schedule", "timezone"}
	for name, want := range map[string]string{
		"failed-for": "failed_for", "failedFor": "failed_for", "FailedFor": "failed_for", "faild_for": "failed_for",
		"nmae": "name", "nam": "name", "n": "", "shedule": "schedule", "time_zone": "timezone", "maxage": "max_age",
		"": "", "something": "", strings.Repeat("x", 200): "",
	} {
		if got := Suggest(name, known); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestLooseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5 minutes": 5 * time.Minute, "5min": 5 * time.Minute, "1.5h": 90 * time.Minute, "90": 90 * time.Second,
		"1 hour and 30 mins": 90 * time.Minute, "1h, 5s": time.Hour + 5*time.Second, "2 Days": 48 * time.Hour,
		"0.5s": 500 * time.Millisecond, " 1 w ": 7 * 24 * time.Hour, "5M": 5 * time.Minute,
	} {
		if got, ok := looseDuration(text); !ok || time.Duration(got) != want {
			t.Errorf("looseDuration(%q) = %s, %t, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "-5m", "5 parsecs", "1e9y", "0", "999999999999999999999h", "..", "5m!"} {
		if got, ok := looseDuration(text); ok {
			t.Errorf("looseDuration(%q) = %s", text, got)
		}
	}
}

func TestPlainTag(t *testing.T) {
	for value, want := range map[string]string{
		"": tagNull, "~": tagNull, "null": tagNull, "true": tagBool, "False": tagBool, "yes": tagString,
		"1": tagInt, "-5": tagInt, "0x1f": tagInt, "1_000": tagInt, "0123": tagInt, "1.5": tagFloat, "1e3": tagFloat,
		"nan": tagString, "inf": tagString, "5m": tagString, "http://x": tagString,
	} {
		if got := plainTag(value); got != want {
			t.Errorf("plainTag(%q) = %s, want %s", value, got, want)
		}
	}
	if i, err := parseInt("0123"); err != nil || i != 123 {
		t.Errorf("parseInt(0123) = %d, %v: zeros before a number do not make it octal", i, err)
	}
}

// settings has fields of every sort that a configuration has.
type settings struct {
	embedded `yaml:",inline"`
	Pointer  *embedded        `yaml:"pointer"`
	Map      map[string]inner `yaml:"map"`
	List     []*inner         `yaml:"list"`
	Names    map[string][]int `yaml:"names"`
	Age      *model.Duration  `yaml:"age"`
	Wait     time.Duration    `yaml:"wait"`
	Any      any              `yaml:"any"`
	Small    int8             `yaml:"small"`
	Count    uint             `yaml:"count"`
	Share    float64          `yaml:"share"`
	Own      ownYAML          `yaml:"own"`
	Text     ownText          `yaml:"text"`
	Rest     Node             `yaml:"rest"`
	Untagged string
	Skipped  string             `yaml:"-"`
	Extra    map[string]float64 `yaml:",inline"`
}

type embedded struct {
	On   *bool  `yaml:"on"`
	Name string `yaml:"name"`
}

type inner struct {
	A int `yaml:"a"`
}

type ownYAML struct{ A, B int }

func (o *ownYAML) UnmarshalYAML(unmarshal func(any) error) error {
	o.B = 7
	var plain struct {
		A int `yaml:"a"`
	}
	if err := unmarshal(&plain); err != nil {
		return err
	}
	o.A = plain.A
	if o.A == 13 {
		return errors.New("13 is unlucky")
	}
	return nil
}

type ownText struct{ upper string }

func (o *ownText) UnmarshalText(text []byte) error {
	o.upper = strings.ToUpper(string(text))
	return nil
}

func TestDecode(t *testing.T) {
	d := Parse("x.yml", []byte(`
on: off
name: 0123
pointer: {on: true, name: null}
map: {one: {a: 1}, two: {a: 0x10}}
list: [{a: 1}, {a: 2}]
names: {x: [1, 2], y: []}
age: 1d
wait: 90s
any: {a: [1, 2.5, true, text], 3: 4, n: null}
small: -128
count: 1_000
share: 5
own: {a: 3}
text: loud
rest: [anything, {goes: here}]
untagged: yes
half: 0.5
`))
	var s settings
	d.Decode(&s)
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	if s.On == nil || *s.On || s.Name != "0123" || s.Pointer == nil || !*s.Pointer.On || s.Pointer.Name != "" {
		t.Errorf("%+v", s)
	}
	if s.Map["two"].A != 16 || s.List[1].A != 2 || len(s.Names["x"]) != 2 || s.Names["y"] == nil {
		t.Errorf("%+v", s)
	}
	if *s.Age != model.Duration(24*time.Hour) || s.Wait != 90*time.Second || s.Small != -128 || s.Count != 1000 || s.Share != 5 {
		t.Errorf("%+v", s)
	}
	if s.Own != (ownYAML{3, 7}) || s.Text.upper != "LOUD" || s.Untagged != "yes" || s.Extra["half"] != 0.5 {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff(map[string]any{"a": []any{1, 2.5, true, "text"}, "3": 4, "n": nil}, s.Any); diff != "" {
		t.Errorf("any (-want +got):\n%s", diff)
	}
	if !s.Rest.IsList() || len(s.Rest.Items()) != 2 || !s.Rest.At("[1].goes").Given() {
		t.Errorf("rest %+v", s.Rest)
	}
}

func TestDecodeMistakes(t *testing.T) {
	d := Parse("x.yml", []byte(`small: 128
count: -1
own: {a: x, c: 1}
list: [{a: 1}, {a: 13, b: 2}]
map: {one: {a: 1.5}}
names: {x: [a]}
half: a lot
`))
	var s settings
	d.Decode(&s)
	const want = `x.yml:1:8: a number out of range: write a smaller one, not below 0 where that has no meaning
x.yml:2:8: a number out of range: write a smaller one, not below 0 where that has no meaning
x.yml:3:10: not a number: write one such as 10
x.yml:3:13: unknown key c: did you mean a?
x.yml:4:24: unknown key b: did you mean a?
x.yml:5:16: not a whole number: write one such as 10
x.yml:6:13: not a number: write one such as 10
x.yml:7:7: not a number: write one such as 10`
	var got []string
	for line := range strings.Lines(d.Err().Error()) {
		if strings.HasPrefix(line, "x.yml") {
			got = append(got, strings.TrimRight(line, "\n"))
		}
	}
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestErrorOfATypeItself(t *testing.T) {
	d := Parse("x.yml", []byte("own: {a: 13}\n"))
	var s settings
	d.Decode(&s)
	if err := d.Err(); err == nil || !strings.HasPrefix(err.Error(), "x.yml:1:1: 13 is unlucky: ") {
		t.Errorf("error %v", err)
	}
}

func TestManyMistakesAreBounded(t *testing.T) {
	d := Parse("x.yml", []byte(strings.Repeat("- 1\n", 5)+"")) // no mapping
	if d.Root().Given() {
		t.Error("a list was taken for a configuration")
	}
	var text strings.Builder
	for i := range 2000 {
		text.WriteString("zz" + strings.Repeat("z", i%50) + "q" + time.Duration(i).String() + ": x\n")
	}
	d = Parse("x.yml", []byte(text.String()))
	d.Decode(&struct{}{})
	var m *Mistakes
	if !errors.As(d.Err(), &m) || len(m.List) != maxNotes {
		t.Fatalf("%d mistakes, want %d", len(m.List), maxNotes)
	}
	if !strings.HasSuffix(m.Error(), "\nand 950 more") {
		t.Errorf("the text ends with %q", m.Error()[len(m.Error())-30:])
	}
}
