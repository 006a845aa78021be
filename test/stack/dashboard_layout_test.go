package stack_test

import (
	"slices"
	"strings"
	"testing"
)

func TestDashboardsAreWellFormed(t *testing.T) {
	uids := map[string]string{}
	for file, d := range dashboards(t) {
		t.Run(file, func(t *testing.T) {
			if other, taken := uids[d.UID]; taken || d.UID == "" || len(d.UID) > 40 {
				t.Errorf("the uid %q is empty, too long or that of %s", d.UID, other)
			}
			uids[d.UID] = file
			if d.SchemaVersion != 42 {
				t.Errorf("the schema version is %d", d.SchemaVersion)
			}
			if d.ID != nil {
				t.Errorf("it carries the id %d of some Grafana's database", *d.ID)
			}
			if d.Title == "" || d.Description == "" || !slices.Contains(d.Tags, "cryptobot") {
				t.Errorf("title %q, description %q, tags %v", d.Title, d.Description, d.Tags)
			}
			kinds := map[string]int{}
			ids := map[int]string{}
			for i, p := range d.Panels {
				kinds[p.Type]++
				if other, taken := ids[p.ID]; taken || p.ID <= 0 {
					t.Errorf("%q has the id %d of %q", p.Title, p.ID, other)
				}
				ids[p.ID] = p.Title
				if p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X < 0 || p.GridPos.X+p.GridPos.W > 24 {
					t.Errorf("%q is outside of the grid: %+v", p.Title, p.GridPos)
				}
				for _, other := range d.Panels[:i] {
					if p.GridPos.overlaps(other.GridPos) {
						t.Errorf("%q covers %q", p.Title, other.Title)
					}
				}
				checkPanel(t, p)
			}
			for _, kind := range []string{"stat", "timeseries", "state-timeline", "table"} {
				if kinds[kind] == 0 {
					t.Errorf("it has no %s panel", kind)
				}
			}
		})
	}
}

func checkPanel(t *testing.T, p panel) {
	t.Helper()
	if p.Type == "row" {
		return
	}
	if p.Title == "" || p.Description == "" {
		t.Errorf("the panel %d %q says too little of itself", p.ID, p.Title)
	}
	if !fromPrometheus(p.Datasource) {
		t.Errorf("%q asks %v", p.Title, p.Datasource)
	}
	defaults := p.FieldConfig.Defaults
	if p.Type == "stat" || p.Type == "gauge" || p.Type == "timeseries" {
		if defaults.Unit == "" {
			t.Errorf("%q has no unit", p.Title)
		}
	}
	if p.Type == "state-timeline" && len(defaults.Mappings) == 0 {
		t.Errorf("%q shows numbers for states", p.Title)
	}
	steps := defaults.Thresholds.Steps
	if len(steps) == 0 || steps[0].Value != nil {
		t.Errorf("the thresholds of %q have no base: %v", p.Title, steps)
	}
	for i := 2; i < len(steps); i++ {
		if steps[i].Value == nil || *steps[i].Value <= *steps[i-1].Value {
			t.Errorf("the thresholds of %q do not rise", p.Title)
		}
	}
	refs := map[string]bool{}
	for _, target := range p.Targets {
		if refs[target.RefID] || target.RefID == "" {
			t.Errorf("%q has two queries %q", p.Title, target.RefID)
		}
		refs[target.RefID] = true
		if !fromPrometheus(target.Datasource) {
			t.Errorf("%q, query %s, asks %v", p.Title, target.RefID, target.Datasource)
		}
		if target.Instant == target.Range {
			t.Errorf("%q, query %s, is neither instant nor range", p.Title, target.RefID)
		}
		if (p.Type == "table") != (target.Format == "table") {
			t.Errorf("%q, query %s, has the format %q", p.Title, target.RefID, target.Format)
		}
	}
	if len(refs) == 0 {
		t.Errorf("%q asks nothing", p.Title)
	}
}

// fromPrometheus says whether it is the provisioned data source.
func fromPrometheus(s *source) bool {
	return s != nil && *s == source{Type: "prometheus", UID: "prometheus"}
}

// alertd writes its incidents as annotations; both dashboards show them.
func TestDashboardsShowAnnotationsOfAlertd(t *testing.T) {
	for file, d := range dashboards(t) {
		i := slices.IndexFunc(d.Annotations.List, func(a annotation) bool { return a.Name == "alertd" })
		if i < 0 {
			t.Errorf("%s has no annotations of alertd", file)
			continue
		}
		a := d.Annotations.List[i]
		if !a.Enable || a.Datasource == nil || *a.Datasource != (source{Type: "grafana", UID: "-- Grafana --"}) {
			t.Errorf("%s: enabled %t, from %v", file, a.Enable, a.Datasource)
		}
		if a.Target == nil || a.Target.Type != "tags" || !slices.Equal(a.Target.Tags, []string{"alertd"}) || a.Target.MatchAny || a.Target.Limit != 100 {
			t.Errorf("%s: they are selected by %+v", file, a.Target)
		}
	}
}

// Grafana finds the data source and the dashboards where the dashboards and the
// compose file say that they are.
func TestGrafanaIsProvisioned(t *testing.T) {
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool `yaml:"isDefault"`
			JSONData                     struct {
				TimeInterval string `yaml:"timeInterval"`
			} `yaml:"jsonData"`
		}
	}
	readYAML(t, "monitoring/grafana/provisioning/datasources/prometheus.yml", &sources)
	if sources.APIVersion != 1 || len(sources.Datasources) != 1 {
		t.Fatalf("the data sources are %+v", sources)
	}
	got := sources.Datasources[0]
	if got.UID != "prometheus" || got.Type != "prometheus" || got.Access != "proxy" || !got.IsDefault {
		t.Errorf("the data source is %+v", got)
	}
	if got.URL != "http://cryptobot_prometheus:9090" || got.JSONData.TimeInterval != "15s" {
		t.Errorf("it asks %s, scraped every %s", got.URL, got.JSONData.TimeInterval)
	}

	var files struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type, Folder string
			Options            struct{ Path string }
		}
	}
	readYAML(t, "monitoring/grafana/provisioning/dashboards/cryptobot.yml", &files)
	if files.APIVersion != 1 || len(files.Providers) != 1 || files.Providers[0].Type != "file" {
		t.Fatalf("the providers are %+v", files)
	}
	grafana := loadStack(t, nil).Services["grafana"]
	mounts := map[string]string{}
	for _, mount := range grafana.Volumes {
		mounts[mount.Target] = mount.Source
	}
	folder := files.Providers[0].Options.Path
	if _, mounted := mounts[folder]; !mounted {
		t.Errorf("the dashboards are looked for in %s, which is not among %v", folder, mounts)
	}
	home := grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if home == nil || *home != folder+"/cron-pipeline.json" {
		t.Errorf("the home dashboard is %v", home)
	}
	// A bundled plugin that Grafana tries to replace on a read-only root is lost.
	for name, want := range map[string]string{
		"GF_PLUGINS_PREINSTALL_DISABLED":    "true",
		"GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false",
	} {
		if got := grafana.Environment[name]; got == nil || *got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	disabled := grafana.Environment["GF_PLUGINS_DISABLE_PLUGINS"]
	if disabled == nil || slices.Contains(strings.Split(*disabled, ","), got.Type) {
		t.Errorf("the plugins %v are disabled, and %s is needed", disabled, got.Type)
	}
}
