package config

import (
	"reflect"
	"strings"

	commoncfg "github.com/prometheus/common/config"
)

// rebase makes the file names in settings start from dir: the fields whose
// keys end in _file or _directory, and whatever knows itself which of its fields are.
func rebase(dir string, settings any) {
	if dir != "" {
		rebaseValue(dir, reflect.ValueOf(settings))
	}
}

func rebaseValue(dir string, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.CanAddr() {
		if s, ok := reflect.TypeAssert[commoncfg.DirectorySetter](v.Addr()); ok {
			s.SetDirectory(dir)
			return
		}
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if f := v.Field(i); f.Kind() == reflect.String && (strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_directory")) {
			f.SetString(join(dir, f.String()))
		} else {
			rebaseValue(dir, f)
		}
	}
}

// join returns path as seen from dir, unless it is empty or absolute, or there
// is no dir.
func join(dir, path string) string {
	if dir == "" {
		return path
	}
	return commoncfg.JoinDir(dir, path)
}
