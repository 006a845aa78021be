// Command alertctl drives alertd from the command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // containers have no time zones of their own

	"alertd/internal/app"
	"alertd/internal/ctl"
)

// Set by -ldflags "-X main.version=...".
var version, commit, date string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := ctl.Run(ctx, ctl.Options{
		Build: ctl.Build{Version: version, Commit: commit, Date: date},
		Args:  os.Args[1:],
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv:     os.LookupEnv,
		CheckConfig:   app.Check,
		LoadRoutes:    app.Routes,
		BuiltInRules:  app.BuiltInRules,
		Alertmanager:  app.Alertmanager,
		ReceiverTypes: app.ReceiverTypes(),
		Watch: func(s ctl.Sources) (ctl.Watched, error) {
			w, err := app.Watch(app.Sources(s))
			return ctl.Watched(w), err
		},
	})
	stop()
	os.Exit(code)
}
