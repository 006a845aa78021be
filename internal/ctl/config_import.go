package ctl

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"alertd/internal/check"
	"alertd/internal/configimport"
)

// importForm is what `config import` is told.
type importForm struct {
	out        string // "": standard output
	prometheus string
	force      bool
}

func (c *cli) configImportCommand() *cobra.Command {
	var f importForm
	cmd := &cobra.Command{
		Use:   "import FILE [FILE]",
		Short: "Make an alertd.yml of a prometheus.yml and an alertmanager.yml",
		Long: `Import makes one alertd.yml of a prometheus.yml, an alertmanager.yml, or both, in
any order. Alertmanager's sections are taken as they are, with their comments; of
Prometheus's file the rule files and how often they are evaluated. Files that are
named by relative paths are named as seen from the result.

What has no counterpart is listed on standard error and in the result's first
lines. The result is checked as "alertctl check" does; the exit code is 1 where
alertd could not use it.

Without -o the result is printed, and its paths are absolute.`,
		Example: `  alertctl config import prometheus.yml alertmanager.yml -o alertd.yml
  alertctl config import --prometheus-url http://prometheus:9090 prometheus.yml alertmanager.yml > alertd.yml`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeYAML,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.configImport(cmd.Context(), args, f) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "output", "o", "", "file to write")
	fl.StringVar(&f.prometheus, "prometheus-url", "", "where Prometheus is, as alertd sees it (default "+configimport.DefaultPrometheus+")")
	fl.BoolVar(&f.force, "force", false, "replace the file if there is one")
	return cmd
}

func (c *cli) configImport(ctx context.Context, paths []string, f importForm) error {
	if _, err := c.load(); err != nil {
		return err
	}
	o := configimport.Options{PrometheusURL: f.prometheus, ReceiverTypes: c.ReceiverTypes}
	if f.out != "" {
		o.Dir = filepath.Dir(f.out)
	}
	files := make([]configimport.File, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return failed(ExitUsage, "cannot import", err)
		}
		files[i] = configimport.File{Path: path, Text: text}
	}
	result, err := configimport.Import(files, o)
	if err != nil {
		return failed(ExitNo, "cannot import", err)
	}
	if f.out == "" {
		c.out.printf("%s", neutral(string(result.Text)))
	} else if err := writeNew(f.out, result.Text, f.force); err != nil {
		return err
	}
	for _, r := range result.Left {
		c.err.printf("not taken over: %s\n", neutral(r.String()))
	}
	for _, r := range result.Advice {
		c.err.printf("note: %s\n", neutral(r.String()))
	}
	if f.out == "" || c.CheckConfig == nil {
		return nil
	}
	return c.checkImported(ctx, f.out)
}

// checkImported looks whether alertd can use what was written.
func (c *cli) checkImported(ctx context.Context, path string) error {
	report, err := c.CheckConfig(ctx, check.Request{Config: path, Now: c.Now()})
	if err != nil {
		return failed(ExitNo, "cannot check "+path, err)
	}
	for _, found := range report.Findings {
		c.err.printf("%s\n", neutral(found.Tagged()))
	}
	if hasError(report.Findings) {
		return refused("%s is written, and alertd cannot use it yet: mend what is told above", path)
	}
	c.err.printf("%s is written, and alertd can use it: alertd --config.file %s\n", neutral(path), neutral(path))
	return nil
}

// writeNew writes a file that only its owner may read, as it may hold secrets.
func writeNew(path string, text []byte, replace bool) error {
	if _, err := os.Lstat(path); err == nil && !replace {
		return usage("%s is there already", path).withHint("--force replaces it.")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(ExitUsage, "cannot write the configuration", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return failed(ExitUsage, "cannot write the configuration", err)
	}
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return failed(ExitUsage, "cannot write the configuration", err)
	}
	return nil
}
