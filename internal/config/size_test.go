package config

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "512MB": 512 << 20, "1.5GB": 3 << 29, "64 MiB": 64 << 20, "2tb": 2 << 40, "10B": 10, "100KB": 100 << 10,
	} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "512", "512M", "-1MB", "1e30GB", "nanMB", "infGB", "5 parsecs", "5bM"} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}

func FuzzSize(f *testing.F) {
	for _, text := range []string{"512MB", "1.5GB", "0", "infB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil && (got < 0 || got > 1<<60) {
			t.Errorf("%q is %d", text, got)
		}
	})
}
