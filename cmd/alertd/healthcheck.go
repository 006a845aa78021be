package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/web"
)

// healthcheck is for containers: their image has nothing else to ask with.
func healthcheck() *cobra.Command {
	var target string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running alertd whether it is healthy; exit 1 when it is not",
		Long: `Healthcheck asks a running alertd whether it is healthy; the exit code is 1 when
it is not. Without --url it asks where ALERTD_WEB_LISTEN_ADDRESS,
ALERTD_WEB_ROUTE_PREFIX and ALERTD_WEB_EXTERNAL_URL make alertd serve. An alertd
that asks for a password is healthy.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			return checkHealth(ctx, cmp.Or(target, healthURL(os.Getenv)))
		},
	}
	cmd.Flags().StringVar(&target, "url", "", "what to ask (default "+healthURL(func(string) string { return "" })+")")
	return cmd
}

// healthURL is where the alertd of this environment answers: at its own port,
// on this host where it listens on every address.
func healthURL(env func(string) string) string {
	host, port, err := net.SplitHostPort(cmp.Or(env("ALERTD_WEB_LISTEN_ADDRESS"), web.DefaultAddress))
	if err != nil {
		host, port, _ = net.SplitHostPort(web.DefaultAddress)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	prefix := env("ALERTD_WEB_ROUTE_PREFIX")
	if external, err := url.Parse(env("ALERTD_WEB_EXTERNAL_URL")); prefix == "" && err == nil {
		prefix = external.Path
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: path.Join("/", prefix, "-/healthy")}).String()
}

func checkHealth(ctx context.Context, target string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("--url %s: %w", target, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking alertd for its health: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("alertd is not healthy: %s answers %s", target, resp.Status)
	}
	return nil
}
