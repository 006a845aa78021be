package apiv1

// Config is the answer of GET /api/v1/config.
type Config struct {
	// Config is the configuration in force as YAML: variables expanded, secrets
	// masked, without comments.
	Config string `json:"config"`
}
