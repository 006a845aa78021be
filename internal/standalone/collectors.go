package standalone

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/node_exporter/collector"
)

// unwanted lists the collectors that node_exporter enables and that are of no
// use here: they need root or hardware that few have, and fail elsewhere.
func unwanted() []string {
	return []string{
		"bcache", "bcachefs", "dmi", "fibrechannel", "infiniband", "ipvs",
		"rapl", "selinux", "tapestats", "watchdog",
	}
}

const (
	// maxInFlight bounds the scrapes that wait for a collector that hangs, such
	// as on a dead network file system.
	maxInFlight = 4

	textfileCollector = "textfile"
	textfileFlag      = "collector.textfile.directory"
)

// process is the exception to having no package state: node_exporter takes its
// options from kingpin flags on package level, which are to be parsed once, and
// makes each collector once for good.
var process nodeExporter //nolint:gochecknoglobals // it guards the globals of a library

// nodeExporter is node_exporter's package state.
type nodeExporter struct {
	mu        sync.Mutex
	parsed    bool
	mounts    [3]string // procfs, sysfs and rootfs, as parsed
	textfiles *[]string // the flag's value: where a textfile collector made next will look

	collecting sync.Mutex // some collectors race with themselves
}

// nodeCollectors returns node_exporter's collectors. All but the textfile
// collector are shared by the process, and log where the first caller said.
func nodeCollectors(s Settings, logger *slog.Logger) (prometheus.Collector, error) {
	process.mu.Lock()
	defer process.mu.Unlock()
	if err := process.parse(s); err != nil {
		return nil, err
	}
	node, err := collector.NewNodeCollector(logger)
	if err != nil {
		return nil, fmt.Errorf("starting node_exporter's collectors (are /proc and /sys there?): %w", err)
	}
	*process.textfiles = []string{s.TextfileDirectory}
	textfiles, err := collector.NewTextFileCollector(logger.With("collector", textfileCollector))
	if err != nil {
		return nil, fmt.Errorf("starting the textfile collector: %w", err)
	}
	node.Collectors[textfileCollector] = textfiles
	for name, c := range node.Collectors {
		node.Collectors[name] = guarded{c}
	}
	return takingTurns{node, &process.collecting}, nil
}

// takingTurns is a collector that is not asked twice at once.
type takingTurns struct {
	prometheus.Collector
	turn *sync.Mutex
}

// Collect waits for its turn, and collects.
func (t takingTurns) Collect(ch chan<- prometheus.Metric) {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.Collector.Collect(ch)
}

// parse gives node_exporter its flags, the first time.
func (n *nodeExporter) parse(s Settings) error {
	mounts := [3]string{s.ProcFS, s.SysFS, s.RootFS}
	if n.parsed {
		if n.mounts != mounts {
			return errors.New("procfs, sysfs and rootfs cannot change while alertd runs: restart it")
		}
		return nil
	}
	var args []string
	for i, flag := range []string{"path.procfs", "path.sysfs", "path.rootfs"} {
		if mounts[i] != "" {
			args = append(args, "--"+flag+"="+mounts[i])
		}
	}
	for _, name := range unwanted() {
		// Each operating system has its own set.
		if kingpin.CommandLine.GetFlag("collector."+name) != nil {
			args = append(args, "--no-collector."+name)
		}
	}
	if _, err := kingpin.CommandLine.Parse(args); err != nil {
		return fmt.Errorf("setting node_exporter's options: %w", err)
	}
	value, ok := kingpin.CommandLine.GetFlag(textfileFlag).Model().Value.(kingpin.Getter)
	if ok {
		n.textfiles, ok = value.Get().(*[]string)
	}
	if !ok {
		return errors.New("setting node_exporter's options: this node_exporter keeps its textfile directory in another way")
	}
	n.parsed, n.mounts = true, mounts
	return nil
}

// guarded is a collector whose panic is a failure of it alone. A textfile with
// a label that only the exposition refuses, such as __x, would otherwise end
// the process.
type guarded struct{ collector.Collector }

// Update collects; a panic is returned as an error.
func (g guarded) Update(ch chan<- prometheus.Metric) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it panicked: %v", r)
		}
	}()
	return g.Collector.Update(ch)
}

// hostHandler returns node_exporter's /metrics: what can be collected is
// served, whatever else fails.
func hostHandler(collectors prometheus.Collector, logger *slog.Logger) (http.Handler, error) {
	reg := prometheus.NewRegistry()
	if err := reg.Register(collectors); err != nil {
		return nil, fmt.Errorf("registering node_exporter's collectors: %w", err)
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxInFlight,
	}), nil
}
