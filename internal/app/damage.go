package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/rules/engine"
)

// storageDamaged raises an alert for each damaged database that was moved aside,
// until it is taken away.
func storageDamaged(dir string) engine.Check {
	const name = "StorageDamaged"
	return engine.Check{Name: name, Look: func(context.Context, time.Time) ([]engine.Finding, error) {
		aside, err := store.MovedAside(dir)
		if err != nil {
			return nil, err
		}
		found := make([]engine.Finding, len(aside))
		for i, file := range aside {
			found[i] = engine.Finding{
				Labels:  alert.LabelsFromStrings(alert.AlertName, name, "file", file, "severity", "critical"),
				Summary: "alertd's database was damaged, and it began a new one",
				Description: fmt.Sprintf("The damaged one is %s. With it went acknowledgements, the history, what was told and what waited to be told: "+
					"what still fires was told again, what ended meanwhile was not. Look at alertd's log for the silences, and at the disk. "+
					"This ends when the file is taken away.", filepath.Join(dir, file)),
				Value: 1,
			}
		}
		return found, nil
	}}
}
