package stack_test

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

const composeFile = "docker-compose.prod.yml"

// loadStack reads the compose file as docker compose does, with env in the
// place of .env, and an override file when one is given.
func loadStack(t *testing.T, env []string, overrides ...string) *types.Project {
	t.Helper()
	files := append([]string{repoFile(composeFile)}, overrides...)
	options, err := cli.NewProjectOptions(files,
		cli.WithWorkingDirectory(root),
		cli.WithEnv(append([]string{"GRAFANA_ADMIN_PASSWORD=secret"}, env...)))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestServicesHaveTheNamesAndPortsPeopleKnow(t *testing.T) {
	want := map[string]string{
		"cryptobot_prometheus":    "9090",
		"cryptobot_grafana":       "3000",
		"cryptobot_node_exporter": "9100",
		"cryptobot_cadvisor":      "8080",
		"cryptobot_alertd":        "9099",
	}
	for name, env := range map[string]struct{ set, bound string }{
		"by default":             {"", "127.0.0.1"},
		"with BIND_ADDR":         {"BIND_ADDR=10.0.1.23", "10.0.1.23"},
		"with an empty one":      {"BIND_ADDR=", "127.0.0.1"},
		"with BIND_ADDR of IPv6": {"BIND_ADDR=[::1]", "::1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for _, service := range loadStack(t, []string{env.set}).Services {
				if len(service.Ports) != 1 {
					t.Fatalf("%s publishes %d ports, want one", service.Name, len(service.Ports))
				}
				port := service.Ports[0]
				if port.HostIP != env.bound {
					t.Errorf("%s is bound to %q, want %s", service.Name, port.HostIP, env.bound)
				}
				got[service.ContainerName] = port.Published
			}
			if !maps.Equal(got, want) {
				t.Errorf("containers and ports are %v, want %v", got, want)
			}
		})
	}
}

func TestEveryServiceIsConfined(t *testing.T) {
	capabilities := map[string][]string{"cadvisor": {"DAC_READ_SEARCH", "SYSLOG"}}
	for _, service := range loadStack(t, nil).Services {
		t.Run(service.Name, func(t *testing.T) {
			for what, ok := range map[string]bool{
				"a read-only root":                   service.ReadOnly,
				"no capability kept":                 slices.Equal(service.CapDrop, []string{"ALL"}),
				"only the capabilities it needs":     slices.Equal(service.CapAdd, capabilities[service.Name]),
				"no privileged mode":                 !service.Privileged,
				"no new privileges":                  slices.Contains(service.SecurityOpt, "no-new-privileges:true"),
				"no namespace of the host":           service.NetworkMode == "" && service.Pid == "" && service.Ipc == "",
				"a limit of memory":                  service.MemLimit >= 64<<20 && service.MemLimit <= 1<<30,
				"a limit of processes":               service.PidsLimit > 0,
				"restart after a failure and a boot": service.Restart == types.RestartPolicyUnlessStopped,
				"logs in json-file":                  service.Logging != nil && service.Logging.Driver == "json-file",
			} {
				if !ok {
					t.Errorf("it has not: %s", what)
				}
			}
			if service.Logging != nil {
				for option, want := range map[string]string{"max-size": "10m", "max-file": "3"} {
					if got := service.Logging.Options[option]; got != want {
						t.Errorf("the log's %s is %q, want %q", option, got, want)
					}
				}
			}
			check := service.HealthCheck
			if check == nil || len(check.Test) < 2 || check.Test[0] != "CMD" {
				t.Fatal("it has no health check, or one that needs a shell")
			}
			if check.Interval == nil || check.Timeout == nil || check.Retries == nil || check.StartPeriod == nil {
				t.Error("its health check leaves interval, timeout, retries or start_period to chance")
			}
		})
	}
}

// A tag that moves would let the same file start another program tomorrow.
func TestImagesArePinned(t *testing.T) {
	version := regexp.MustCompile(`^v?\d+\.\d+\.\d+$`)
	for _, service := range loadStack(t, nil).Services {
		name, tag, found := strings.Cut(service.Image, ":")
		switch {
		case service.Build != nil && tag == "dev": // ours, named by ALERTD_VERSION
		case !found || !version.MatchString(tag):
			t.Errorf("%s: the image %s is not pinned to a version", service.Name, name)
		}
	}
}

// Whoever listens at a health check's address is the service itself.
func TestHealthChecksAskTheServicesOwnPort(t *testing.T) {
	url := regexp.MustCompile(`http://127\.0\.0\.1:(\d+)/`)
	for _, service := range loadStack(t, nil).Services {
		if service.Name == "alertd" {
			continue // asked by its own subcommand
		}
		asked := url.FindStringSubmatch(strings.Join(service.HealthCheck.Test, " "))
		if asked == nil {
			t.Errorf("%s: its health check asks nobody", service.Name)
			continue
		}
		if port := service.Ports[0]; asked[1] != port.Published {
			t.Errorf("%s listens on %s, its health check asks %s", service.Name, port.Published, asked[1])
		}
	}
}

func TestStartOrder(t *testing.T) {
	services := loadStack(t, nil).Services
	if got := services["grafana"].DependsOn["prometheus"].Condition; got != types.ServiceConditionHealthy {
		t.Errorf("grafana waits for prometheus to be %q", got)
	}
	// Not for its health: a Prometheus that does not come up must be told of.
	if got := services["alertd"].DependsOn["prometheus"].Condition; got != types.ServiceConditionStarted {
		t.Errorf("alertd waits for prometheus to be %q", got)
	}
}

func TestDataSurvivesTheContainers(t *testing.T) {
	project := loadStack(t, nil)
	for service, target := range map[string]string{
		"prometheus": "/prometheus",
		"grafana":    "/var/lib/grafana",
		"alertd":     "/data",
	} {
		held := slices.ContainsFunc(project.Services[service].Volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Type == types.VolumeTypeVolume && v.Target == target && v.Source != "" && !v.ReadOnly
		})
		if !held {
			t.Errorf("%s keeps nothing of %s in a named volume", service, target)
		}
	}
}

// What is mounted from the repository must be there, and stays as it is.
func TestMountsFromTheRepositoryExist(t *testing.T) {
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range loadStack(t, nil).Services {
		for _, mount := range service.Volumes {
			if mount.Type != types.VolumeTypeBind {
				continue
			}
			if !mount.ReadOnly {
				t.Errorf("%s may write to %s on the host", service.Name, mount.Source)
			}
			if !strings.HasPrefix(mount.Source, repository) {
				continue
			}
			if _, err := os.Stat(mount.Source); err != nil {
				t.Errorf("%s: %v", service.Name, err)
			}
		}
	}
}

func TestAlertdInTheStack(t *testing.T) {
	project := loadStack(t, []string{"ALERTD_VERSION=1.2.3", "ALERTD_COMMIT=abc", "ALERTD_BUILD_DATE=2026-11-20"})
	alertd := project.Services["alertd"]

	for name, want := range map[string]string{
		"ALERTD_PROMETHEUS_URL":    "http://cryptobot_prometheus:9090",
		"ALERTD_CRON_PREFIXES":     "cryptobot_cron",
		"ALERTD_WEB_EXTERNAL_URL":  "http://localhost:9099",
		"ALERTD_SLACK_WEBHOOK_URL": "", // unset is empty, which alertd takes for unset
	} {
		if got := alertd.Environment[name]; got == nil || *got != want {
			t.Errorf("%s is %v, want %q", name, got, want)
		}
	}
	want := []string{"--web.listen-address=0.0.0.0:9099", "--storage.path=/data"}
	if !slices.Equal([]string(alertd.Command), want) {
		t.Errorf("it is started with %v, want %v", alertd.Command, want)
	}
	if alertd.User != "65532:65532" || alertd.PullPolicy != types.PullPolicyBuild {
		t.Errorf("it runs as %q, pull policy %q", alertd.User, alertd.PullPolicy)
	}
	build := alertd.Build
	if build == nil || build.Dockerfile != "deploy/Dockerfile" {
		t.Fatal("it is not built from deploy/Dockerfile")
	}
	for name, want := range map[string]string{"VERSION": "1.2.3", "COMMIT": "abc", "DATE": "2026-11-20"} {
		if got := build.Args[name]; got == nil || *got != want {
			t.Errorf("the build argument %s is %v, want %q", name, got, want)
		}
	}
	for name, network := range project.Networks {
		if network.Internal {
			t.Errorf("the network %s has no way out to Slack", name)
		}
	}
}

// The first administrator's password has no default that a stranger knows.
func TestGrafanaWantsAPassword(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{repoFile(composeFile)},
		cli.WithWorkingDirectory(root), cli.WithEnv([]string{"GRAFANA_ADMIN_PASSWORD="}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options.LoadProject(t.Context()); err == nil || !strings.Contains(err.Error(), "set GRAFANA_ADMIN_PASSWORD in .env") {
		t.Errorf("without a password the stack is loaded: %v", err)
	}
}

// .env.example names what the compose file asks for, with the same defaults.
func TestEnvExampleMatchesTheComposeFile(t *testing.T) {
	asked := map[string]string{}
	for _, m := range regexp.MustCompile(`\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}`).FindAllStringSubmatch(read(t, composeFile), -1) {
		asked[m[1]] = m[2]
	}
	asked["GRAFANA_ADMIN_PASSWORD"] = ""

	offered, err := dotenv.Read(repoFile(".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(asked, offered) {
		t.Errorf("the compose file asks for %v,\n.env.example offers %v", asked, offered)
	}
}

// endpoints is every host:port that the stack's services answer on inside their
// network.
func endpoints(project *types.Project) map[string]string {
	found := map[string]string{}
	for _, service := range project.Services {
		for _, port := range service.Ports {
			host := net.JoinHostPort(service.ContainerName, strconv.FormatUint(uint64(port.Target), 10))
			found[host] = service.Name
		}
	}
	return found
}
