package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// importLimit is the longest list of silences that is read, in bytes.
const importLimit = 64 << 20

func (c *cli) silenceImportCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "import [FILE]",
		Short: "Create the silences of a list, as -o json prints it",
		Long: `Import creates the silences of a JSON list, as "alertctl silence list -o json" and
"amtool silence query -o json" print it; without a file, of the one on standard
input. They get new ids, which go to standard output. Those that are over by now
are left out.

The whole list is checked first: where one of the silences cannot be, none is
created.`,
		Example: `  alertctl silence list -o json > silences.json
  alertctl silence import silences.json
  amtool silence query -o json | alertctl silence import`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.silenceImport(cmd.Context(), args, force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "import silences of everything too")
	return cmd
}

func (c *cli) silenceImport(ctx context.Context, args []string, force bool) error {
	name, data, err := c.readList(args)
	if err != nil {
		return err
	}
	var list []*silence
	if err := json.Unmarshal(data, &list); err != nil {
		return usage("%s is not a list of silences in JSON%s: %w", name, lineOf(data, err), err).
			withHint("Make one with \"alertctl silence list -o json\".")
	}
	now := c.Now()
	all := slices.DeleteFunc(present(list), func(s *silence) bool { return !s.EndsAt.After(now) })
	for i, s := range all {
		switch {
		case len(s.Matchers) == 0:
			return usage("%s: silence %d (%s) has no matchers: nothing was imported", name, i+1, s.ID)
		case matchesEverything(s.Matchers) && !force:
			return refused("%s: silence %d (%s) would silence everything, by %s: nothing was imported", name, i+1, s.ID, typed(s.Matchers)).
				withHint("Take it out, or give --force.")
		case !s.EndsAt.After(s.StartsAt):
			return usage("%s: silence %d (%s) would end before it starts: nothing was imported", name, i+1, s.ID)
		}
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	return c.importAll(ctx, server, all, len(list)-len(all), now)
}

// importAll creates the silences and prints their ids.
func (c *cli) importAll(ctx context.Context, server *client, all []*silence, over int, now time.Time) error {
	made := struct {
		IDs []string `json:"silenceIDs"`
	}{[]string{}}
	var failure error
	for _, s := range all {
		n := newSilence{
			Matchers: s.Matchers, StartsAt: s.StartsAt, EndsAt: s.EndsAt, CreatedBy: s.CreatedBy, Comment: s.Comment,
			Annotations: s.Annotations.Without(alert.RecurringAnnotation), // not what it was an occurrence of
		}
		if n.StartsAt.Before(now) {
			n.StartsAt = now
		}
		id, err := server.postSilence(ctx, n)
		if err != nil {
			failure = fmt.Errorf("%d of %d silences were imported: %w", len(made.IDs), len(all), err)
			break
		}
		made.IDs = append(made.IDs, id)
	}
	err := c.print(made, func() {
		for _, id := range made.IDs {
			c.out.printf("%s\n", oneLine(id))
		}
		if over > 0 {
			c.err.printf("Left out %s that had ended.\n", count(over, "silence"))
		}
	})
	if failure != nil {
		return failure
	}
	return err
}

// readList reads the file that is named, or standard input.
func (c *cli) readList(args []string) (name string, data []byte, err error) {
	name, from := "standard input", c.Stdin
	if len(args) > 0 && args[0] != "-" {
		name = args[0]
		f, err := os.Open(name)
		if err != nil {
			return name, nil, failed(ExitUsage, "cannot read the list of silences", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		from = f
	}
	data, err = io.ReadAll(io.LimitReader(from, importLimit+1))
	if err != nil {
		return name, nil, failed(ExitUsage, "cannot read "+name, err)
	}
	if len(data) > importLimit {
		return name, nil, usage("%s is longer than %d MB", name, importLimit>>20)
	}
	return name, data, nil
}

// lineOf tells where in the data the JSON is wrong, where the error knows.
func lineOf(data []byte, err error) string {
	var offset int64
	switch e := err.(type) { //nolint:errorlint // json returns these bare
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		offset = e.Offset
	default:
		return ""
	}
	before := data[:min(offset, int64(len(data)))]
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf(", at %d:%d", bytes.Count(before, []byte("\n"))+1, column)
}
