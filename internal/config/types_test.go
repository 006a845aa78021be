package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	commoncfg "github.com/prometheus/common/config"

	"alertd/internal/secret"
)

// visitKeys calls visit for every yaml key of a struct and of those in it.
func visitKeys(t reflect.Type, visit func(owner reflect.Type, key string, field reflect.Type)) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for f := range t.Fields() {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if !f.IsExported() || key == "-" {
				continue
			}
			if key != "" {
				visit(t, key, f.Type)
			}
			if f.Type.PkgPath() != "time" {
				walk(f.Type)
			}
		}
	}
	walk(t)
}

// requireSecretFiles fails the test where a secret cannot be given in a file.
func requireSecretFiles(t *testing.T, settings reflect.Type) {
	t.Helper()
	keys := map[reflect.Type][]string{}
	visitKeys(settings, func(owner reflect.Type, key string, _ reflect.Type) { keys[owner] = append(keys[owner], key) })
	visitKeys(settings, func(owner reflect.Type, key string, field reflect.Type) {
		isSecret := field == reflect.TypeFor[secret.Value]() || field == reflect.TypeFor[commoncfg.Secret]()
		if isSecret && !slices.Contains(keys[owner], key+"_file") {
			t.Errorf("%s has the secret %s, but not %s_file", owner, key, key)
		}
	})
}
