package apiv2

// Status is what GET /status answers.
type Status struct {
	Cluster     Cluster     `json:"cluster"`
	Config      Config      `json:"config"`
	Uptime      Time        `json:"uptime"` // since when it runs
	VersionInfo VersionInfo `json:"versionInfo"`
}

// Cluster is who else there is.
type Cluster struct {
	Name   string `json:"name,omitempty"`
	Peers  []Peer `json:"peers"`
	Status string `json:"status"`
}

// Peer is one member of the cluster.
type Peer struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

// Config is the configuration in force.
type Config struct {
	Original string `json:"original"` // YAML, secrets masked
}

// VersionInfo tells which version answers.
type VersionInfo struct {
	Branch    string `json:"branch"`
	BuildDate string `json:"buildDate"`
	BuildUser string `json:"buildUser"`
	GoVersion string `json:"goVersion"`
	Revision  string `json:"revision"`
	Version   string `json:"version"`
}
