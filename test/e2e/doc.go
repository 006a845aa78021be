// Package e2e tests the built binaries against real parts: Prometheus,
// node_exporter and amtool as processes, receivers over HTTP and SMTP. `make
// tools` builds what it runs.
package e2e
