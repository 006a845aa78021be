package stack_test

import (
	"encoding/json"
	"path"
	"testing"
)

const dashboardsDir = "monitoring/grafana/dashboards"

// The parts of Grafana's dashboard model (schema 42) that the tests look at.
type dashboard struct {
	UID           string   `json:"uid"`
	Title         string   `json:"title"`
	Description   string   `json:"description"`
	Tags          []string `json:"tags"`
	SchemaVersion int      `json:"schemaVersion"`
	ID            *int     `json:"id"`
	Panels        []panel  `json:"panels"`
	Annotations   struct {
		List []annotation `json:"list"`
	} `json:"annotations"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID          int      `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Datasource  *source  `json:"datasource"`
	GridPos     gridPos  `json:"gridPos"`
	Targets     []target `json:"targets"`
	FieldConfig struct {
		Defaults struct {
			Unit       string `json:"unit"`
			Thresholds struct {
				Steps []struct {
					Color string   `json:"color"`
					Value *float64 `json:"value"`
				} `json:"steps"`
			} `json:"thresholds"`
			Mappings []json.RawMessage `json:"mappings"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
}

type gridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

func (a gridPos) overlaps(b gridPos) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

type target struct {
	RefID        string  `json:"refId"`
	Datasource   *source `json:"datasource"`
	Expr         string  `json:"expr"`
	LegendFormat string  `json:"legendFormat"`
	Instant      bool    `json:"instant"`
	Range        bool    `json:"range"`
	Format       string  `json:"format"`
}

type annotation struct {
	Name       string  `json:"name"`
	Enable     bool    `json:"enable"`
	Datasource *source `json:"datasource"`
	Target     *struct {
		Type     string   `json:"type"`
		Tags     []string `json:"tags"`
		MatchAny bool     `json:"matchAny"`
		Limit    int      `json:"limit"`
	} `json:"target"`
}

type variable struct {
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Datasource *source `json:"datasource"`
	Regex      string  `json:"regex"`
	Multi      bool    `json:"multi"`
	IncludeAll bool    `json:"includeAll"`
	Definition string  `json:"definition"`
	Query      struct {
		Query string `json:"query"`
	} `json:"query"`
}

func loadDashboard(t *testing.T, name string) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, path.Join(dashboardsDir, name))), &d); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	found := map[string]dashboard{}
	for _, name := range []string{"containers.json", "cron-pipeline.json"} {
		found[name] = loadDashboard(t, name)
	}
	return found
}
