package notifier

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// Bounds of what one template function takes or returns, in bytes as it would
// be written out. They keep a template from doubling a value again and again.
const (
	maxText = 1 << 20 // of functions that write their arguments out
	maxHeld = 8 << 20 // of functions that only hold them together
)

var errTooLarge = errors.New("a value in the template grows too large")

// functions returns the template functions (Alertmanager's and the language's
// own) for one execution: each fails when its values grow too large or the
// time is over.
func (o *output) functions(data *Data) texttemplate.FuncMap {
	g := guard{out: o, data: data, dataWeight: -1}
	all := texttemplate.FuncMap{
		"print": fmt.Sprint, "println": fmt.Sprintln,
		"html": texttemplate.HTMLEscaper, "js": texttemplate.JSEscaper, "urlquery": texttemplate.URLQueryEscaper,
	}
	maps.Copy(all, template.DefaultFuncs)
	all["printf"] = sprintf
	all["reReplaceAll"] = reReplaceAll
	all["join"] = join
	all["routeLabels"] = func(name string) (string, error) { return data.RouteLabels[name], nil }
	if data.routeLabel != nil {
		all["routeLabels"] = data.routeLabel
	}
	for name, fn := range all {
		limit := maxText
		switch name {
		case "list", "dict", "append", "stringSlice":
			limit = maxHeld
		}
		all[name] = g.wrap(fn, limit)
	}
	all[enterFunc], all[leaveFunc] = o.enter, o.leave
	return all
}

// guard checks the functions of one execution.
type guard struct {
	out        *output
	data       *Data
	dataWeight int // -1: not yet known
}

// wrap returns fn with an error result and with its arguments and result held
// to the limit.
func (g *guard) wrap(fn any, limit int) any {
	f := reflect.ValueOf(fn)
	t := f.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failed := reflect.TypeFor[error]()
	made := reflect.FuncOf(in, []reflect.Type{t.Out(0), failed}, t.IsVariadic())
	return reflect.MakeFunc(made, func(args []reflect.Value) []reflect.Value {
		fail := func(err error) []reflect.Value {
			return []reflect.Value{reflect.Zero(t.Out(0)), reflect.ValueOf(&err).Elem()}
		}
		if err := g.check(args, limit); err != nil {
			return fail(err)
		}
		var out []reflect.Value
		if t.IsVariadic() {
			out = f.CallSlice(args)
		} else {
			out = f.Call(args)
		}
		if len(out) > 1 && !out[1].IsNil() {
			return out
		}
		if err := g.check(out[:1], limit); err != nil {
			return fail(err)
		}
		return []reflect.Value{out[0], reflect.Zero(failed)}
	}).Interface()
}

func (g *guard) check(values []reflect.Value, limit int) error {
	if err := g.out.late(); err != nil {
		return err
	}
	for _, v := range values {
		if limit -= g.weight(v, limit, 0); limit < 0 {
			return errTooLarge
		}
	}
	return nil
}

// weight returns about how many bytes v takes when written out, counting what
// it holds twice twice; more than limit stands for any such number.
func (g *guard) weight(v reflect.Value, limit, depth int) int {
	if depth > 100 {
		return limit + 1
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len() + 1
	case reflect.Interface:
		if v.IsNil() {
			return 1
		}
		return g.weight(v.Elem(), limit, depth+1)
	case reflect.Pointer:
		return g.pointer(v, limit, depth)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Len() + 1
		}
		total := 1
		for i := 0; i < v.Len() && total <= limit; i++ {
			total += g.weight(v.Index(i), limit-total, depth+1)
		}
		return total
	case reflect.Map:
		total := 1
		for it := v.MapRange(); total <= limit && it.Next(); {
			total += g.weight(it.Key(), limit-total, depth+1) + g.weight(it.Value(), limit-total, depth+1)
		}
		return total
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 40
		}
		total := 1
		for i := 0; i < v.NumField() && total <= limit; i++ {
			total += g.weight(v.Field(i), limit-total, depth+1)
		}
		return total
	default:
		return 8
	}
}

// pointer weighs what v points to. The message's data is weighed once, as
// templates hand it on all the time.
func (g *guard) pointer(v reflect.Value, limit, depth int) int {
	switch {
	case v.IsNil():
		return 1
	case v.Type() == reflect.TypeFor[*Data]() && v.Pointer() == reflect.ValueOf(g.data).Pointer():
		if g.dataWeight < 0 {
			g.dataWeight = g.weight(v.Elem(), maxHeld, depth+1)
		}
		return g.dataWeight
	}
	return g.weight(v.Elem(), limit, depth+1)
}

// sprintf is fmt.Sprintf without the formats that make much of little: widths
// taken from arguments, and more than a line of padding.
func sprintf(format string, args ...any) (string, error) {
	verbs := regexp.MustCompile(`%[-+# 0]*(\[\d+\])?(\*|\d*)(\.(\[\d+\])?(\*|\d*))?`).FindAllStringSubmatch(format, -1)
	largest := 0
	for _, a := range args {
		if s, ok := a.(string); ok {
			largest = max(largest, len(s))
		} else if a != nil {
			largest = max(largest, 8, (&guard{}).weight(reflect.ValueOf(a), maxText, 0))
		}
	}
	for _, v := range verbs {
		for _, width := range []string{v[2], v[5]} {
			if width == "*" || len(width) > 3 {
				return "", errTooLarge
			}
			largest = max(largest, 1000*min(len(width), 1))
		}
	}
	if len(verbs)*largest > 2*maxText {
		return "", errTooLarge
	}
	return fmt.Sprintf(format, args...), nil
}

func reReplaceAll(pattern, repl, text string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	most := maxText/(len(repl)+1) + 1
	if strings.Count(repl, "$")*len(text) > maxText || len(re.FindAllStringIndex(text, most)) == most {
		return "", errTooLarge
	}
	return re.ReplaceAllString(text, repl), nil
}

func join(sep string, s []string) (string, error) {
	if len(s)*len(sep) > maxText {
		return "", errTooLarge
	}
	return strings.Join(s, sep), nil
}
