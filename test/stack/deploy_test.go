package stack_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"
)

func TestImageIsStaticAndUnprivileged(t *testing.T) {
	var stages []string
	final := map[string][]string{} // instructions of the last stage
	text := strings.ReplaceAll(read(t, "deploy/Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(text) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch instruction {
		case "", "#":
		case "FROM":
			stages = append(stages, rest)
			clear(final)
		default:
			final[instruction] = append(final[instruction], strings.Join(strings.Fields(rest), " "))
		}
	}
	pinned := regexp.MustCompile(`golang:\d+\.\d+\.\d+-\w+[\d.]+ AS build$`)
	if len(stages) != 2 || !pinned.MatchString(stages[0]) || stages[1] != "scratch" {
		t.Errorf("its stages are %q", stages)
	}
	for _, want := range []string{
		"ENV CGO_ENABLED=0",
		"-trimpath",
		"-X main.version=$VERSION -X main.commit=$COMMIT -X main.date=$DATE",
		"./cmd/alertd ./cmd/alertctl",
		"-tags timetzdata",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it is not built with %s", want)
		}
	}
	for instruction, want := range map[string]string{
		"USER":        "65532:65532",
		"EXPOSE":      "9099",
		"VOLUME":      `["/data"]`,
		"ENTRYPOINT":  `["/usr/local/bin/alertd"]`,
		"HEALTHCHECK": `--interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/alertd", "healthcheck"]`,
		"CMD":         `["--web.listen-address=0.0.0.0:9099", "--storage.path=/data"]`,
	} {
		if got := final[instruction]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", instruction, got, want)
		}
	}
	if !slices.ContainsFunc(final["COPY"], func(s string) bool { return strings.Contains(s, "ca-certificates.crt") }) {
		t.Error("it has no CA certificates: no channel could be reached")
	}
	// The toolchain in the image must be able to build what go.mod asks for.
	asked := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if asked == nil || !strings.Contains(stages[0], "golang:"+asked[1]+".") {
		t.Errorf("go.mod asks for %v, the image builds with %s", asked, stages[0])
	}
	for _, want := range []string{".env", ".git"} {
		if !slices.Contains(strings.Split(read(t, "deploy/Dockerfile.dockerignore"), "\n"), want) {
			t.Errorf("%s enters the build context", want)
		}
	}
}

func TestSystemdUnitIsHardened(t *testing.T) {
	settings := map[string][]string{}
	for line := range strings.Lines(read(t, "deploy/alertd.service")) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(name, "#") {
			settings[name] = append(settings[name], value)
		}
	}
	for name, want := range map[string]string{
		"ExecStart":               "/usr/local/bin/alertd --config.file=/etc/alertd/alertd.yml --storage.path=/var/lib/alertd",
		"ExecReload":              "/bin/kill -HUP $MAINPID",
		"EnvironmentFile":         "-/etc/alertd/alertd.env",
		"Restart":                 "always",
		"StartLimitIntervalSec":   "0",
		"DynamicUser":             "yes",
		"StateDirectory":          "alertd",
		"StateDirectoryMode":      "0700",
		"UMask":                   "0077",
		"MemoryMax":               "256M",
		"NoNewPrivileges":         "yes",
		"CapabilityBoundingSet":   "",
		"AmbientCapabilities":     "",
		"RestrictSUIDSGID":        "yes",
		"LockPersonality":         "yes",
		"RestrictRealtime":        "yes",
		"RestrictNamespaces":      "yes",
		"ProtectSystem":           "strict",
		"ProtectHome":             "yes",
		"PrivateTmp":              "yes",
		"PrivateDevices":          "yes",
		"ProtectKernelTunables":   "yes",
		"ProtectKernelModules":    "yes",
		"ProtectKernelLogs":       "yes",
		"ProtectControlGroups":    "yes",
		"ProtectClock":            "yes",
		"ProtectHostname":         "yes",
		"MemoryDenyWriteExecute":  "yes",
		"SystemCallArchitectures": "native",
		"RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
		"WantedBy":                "multi-user.target",
	} {
		if got := settings[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := settings["SystemCallFilter"]; !slices.Equal(got, []string{"@system-service", "~@privileged @resources"}) {
		t.Errorf("SystemCallFilter is %q", got)
	}
}

// The example names containers that exist, here or in the application's stack.
func TestExampleConfigurationFitsTheStack(t *testing.T) {
	var example struct {
		Prometheus struct{ URL string }
		Cron       []struct{ Name, Prefix, Schedule, Timezone string }
		Containers struct{ Expect []string }
		Route      struct {
			Receiver string
			Routes   []struct{ Receiver string }
		}
		Receivers []struct{ Name string }
	}
	readYAML(t, "deploy/alertd.example.yml", &example)

	alertd := loadStack(t, nil).Services["alertd"]
	if got := *alertd.Environment["ALERTD_PROMETHEUS_URL"]; example.Prometheus.URL != got {
		t.Errorf("the example asks %s, the stack's alertd %s", example.Prometheus.URL, got)
	}
	if len(example.Cron) != 1 || example.Cron[0].Prefix != *alertd.Environment["ALERTD_CRON_PREFIXES"] {
		t.Fatalf("the cron jobs are %+v", example.Cron)
	}
	crontab := read(t, "deploy/crontab.example")
	for _, want := range []string{
		"\n" + example.Cron[0].Schedule + " alertctl cron run --name " + example.Cron[0].Name + " --prefix " + example.Cron[0].Prefix + " -- ",
		"\n# " + example.Cron[0].Schedule + " /usr/local/bin/job.sh " + example.Cron[0].Prefix + " ",
		"\nCRON_TZ=" + example.Cron[0].Timezone + "\n",
	} {
		if !strings.Contains(crontab, want) {
			t.Errorf("the crontab has no line that begins with %q", strings.TrimSpace(want))
		}
	}

	known := []string{"cryptobot_api", "cryptobot_dashboard", "cryptobot_mlflow"}
	for _, service := range loadStack(t, nil).Services {
		known = append(known, service.ContainerName)
	}
	for _, name := range example.Containers.Expect {
		if !slices.Contains(known, name) {
			t.Errorf("it expects %s, which nobody starts", name)
		}
	}
	names := []string{}
	for _, receiver := range example.Receivers {
		names = append(names, receiver.Name)
	}
	for _, receiver := range append([]string{example.Route.Receiver}, example.Route.Routes[0].Receiver) {
		if !slices.Contains(names, receiver) {
			t.Errorf("it routes to %s, which is not among %v", receiver, names)
		}
	}
}

// The override file that the README prints starts alertd with a file.
func TestOverrideOfTheReadmeLoads(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "monitoring/README.md"), "```yaml\n")
	printed, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README prints no YAML")
	}
	override := filepath.Join(t.TempDir(), "docker-compose.alertd.yml")
	if err := os.WriteFile(override, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	alertd := loadStack(t, nil, override).Services["alertd"]
	if len(alertd.Command) != 3 || alertd.Command[0] != "--config.file=/etc/alertd/alertd.yml" {
		t.Errorf("it is started with %v", alertd.Command)
	}
	if len(alertd.Volumes) != 3 || alertd.Environment["ALERTD_PROMETHEUS_URL"] == nil {
		t.Errorf("it keeps the volumes %v", alertd.Volumes)
	}
}

// Every file that the README names is there.
func TestReadmeNamesFilesThatExist(t *testing.T) {
	named := regexp.MustCompile("`((?:\\.\\./)?[\\w.-]*[/.][\\w./-]*)`")
	looked := 0
	for _, m := range named.FindAllStringSubmatch(read(t, "monitoring/README.md"), -1) {
		name := m[1]
		if strings.HasPrefix(name, "/") || !strings.ContainsAny(name, "/") && name != "prometheus.yml" {
			continue
		}
		candidates := []string{repoFile(filepath.Join("monitoring", name)), repoFile(name)}
		if !slices.ContainsFunc(candidates, func(f string) bool { _, err := os.Stat(f); return err == nil }) {
			t.Errorf("there is no %s", name)
		}
		looked++
	}
	if looked < 5 {
		t.Errorf("only %d files are named", looked)
	}
}

func TestYAMLFilesHaveNoDuplicateKeys(t *testing.T) {
	for _, name := range []string{
		composeFile, prometheusFile, "deploy/alertd.example.yml",
		"monitoring/rules/example.rules.yml", "monitoring/rules/example.test.yml",
	} {
		loader, err := yaml.NewLoader(strings.NewReader(read(t, name)), yaml.WithUniqueKeys())
		if err != nil {
			t.Fatal(err)
		}
		documents := 0
		for {
			var into map[string]any
			if err := loader.Load(&into); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
			documents++
		}
		if documents == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestScriptsParse(t *testing.T) {
	command := exec.CommandContext(t.Context(), "bash", "-n", repoFile("deploy/job.sh"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	info, err := os.Stat(repoFile("deploy/job.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&0o111 == 0 {
		t.Error("job.sh is not executable")
	}
}
