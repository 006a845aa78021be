package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// flagsFromEnvironment sets the flags that were not given from their
// variables: --web.listen-address from ALERTD_WEB_LISTEN_ADDRESS. Empty
// variables count as unset.
func flagsFromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var wrong []error
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(f.Name, ".") || f.Hidden {
			return // --help and --version, and what is Alertmanager's
		}
		name := "ALERTD_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(f.Name))
		value, _ := lookup(name)
		if f.Changed || value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	})
	return errors.Join(wrong...)
}
