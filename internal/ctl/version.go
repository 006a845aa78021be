package ctl

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is which alertctl this is.
type version struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"goVersion"`
}

func (v version) String() string {
	return "alertctl " + described(v.Version, v.Commit, v.Date) + " " + v.Go
}

// described writes a version for people; commit and date may be empty or, as
// the Makefile has it, unknown.
func described(name, commit, date string) string {
	const shortCommit, unknown = 12, "unknown"
	var parts []string
	if commit != "" && commit != unknown {
		parts = append(parts, "commit "+commit[:min(len(commit), shortCommit)])
	}
	if date != "" && date != unknown {
		parts = append(parts, "built "+date)
	}
	if len(parts) == 0 {
		return name
	}
	return name + " (" + strings.Join(parts, ", ") + ")"
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Tell which alertctl this is",
		Long: `Version tells alertctl's version, the commit and date that it was built from, and
the Go that built it. "alertctl status" tells alertd's.`,
		Example: `  alertctl version
  alertctl version -o json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if err := c.chooseFormat(""); err != nil {
				return err
			}
			v := c.version()
			return c.print(v, func() { c.out.printf("%s\n", v) })
		},
	}
}

// version returns what the build says, or what the Go tool recorded.
func (c *cli) version() version {
	v := version{c.Build.Version, c.Build.Commit, c.Build.Date, runtime.Version()}
	if v.Version == "" {
		v.Version = "dev"
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || v.Commit != "" {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = first(v.Date, s.Value)
		}
	}
	return v
}
