package config

import "alertd/internal/secret"

// variables are the environment variables that configure alertd where there is
// no file. key is where in a file the value would stand; those without one
// make up a section together.
type variables struct {
	PrometheusURL             string       `env:"PROMETHEUS_URL"               key:"prometheus.url"`
	PrometheusExternalURL     string       `env:"PROMETHEUS_EXTERNAL_URL"      key:"prometheus.external_url"`
	PrometheusUsername        string       `env:"PROMETHEUS_USERNAME"          key:"prometheus.http_config.basic_auth.username"`
	PrometheusPassword        secret.Value `env:"PROMETHEUS_PASSWORD"          key:"prometheus.http_config.basic_auth.password"`
	PrometheusPasswordFile    string       `env:"PROMETHEUS_PASSWORD_FILE"     key:"prometheus.http_config.basic_auth.password_file"`
	PrometheusBearerToken     secret.Value `env:"PROMETHEUS_BEARER_TOKEN"      key:"prometheus.http_config.authorization.credentials"`
	PrometheusBearerTokenFile string       `env:"PROMETHEUS_BEARER_TOKEN_FILE" key:"prometheus.http_config.authorization.credentials_file"`

	ScrapeInterval    string `env:"SCRAPE_INTERVAL"    key:"standalone.scrape_interval"`
	TextfileDirectory string `env:"TEXTFILE_DIRECTORY" key:"standalone.textfile_directory"`

	SlackWebhookURL       secret.Value `env:"SLACK_WEBHOOK_URL"        key:"receivers[0].slack_configs[0].api_url"`
	SlackWebhookURLFile   string       `env:"SLACK_WEBHOOK_URL_FILE"   key:"receivers[0].slack_configs[0].api_url_file"`
	DiscordWebhookURL     secret.Value `env:"DISCORD_WEBHOOK_URL"      key:"receivers[0].discord_configs[0].webhook_url"`
	DiscordWebhookURLFile string       `env:"DISCORD_WEBHOOK_URL_FILE" key:"receivers[0].discord_configs[0].webhook_url_file"`
	WebhookURL            secret.Value `env:"WEBHOOK_URL"              key:"receivers[0].webhook_configs[0].url"`
	WebhookURLFile        string       `env:"WEBHOOK_URL_FILE"         key:"receivers[0].webhook_configs[0].url_file"`
	SMTPURL               secret.Value `env:"SMTP_URL"`
	SMTPURLFile           string       `env:"SMTP_URL_FILE"`
	EmailFrom             string       `env:"EMAIL_FROM"`
	EmailTo               []string     `env:"EMAIL_TO"`

	CronPrefixes    []string `env:"CRON_PREFIXES"`
	CronDiscover    string   `env:"CRON_DISCOVER"`
	CronSource      string   `env:"CRON_SOURCE"`
	CronMaxAge      string   `env:"CRON_MAX_AGE"`
	CronFailedFor   string   `env:"CRON_FAILED_FOR"`
	CronFailures    string   `env:"CRON_FAILURES"`
	CronSchedule    string   `env:"CRON_SCHEDULE"`
	CronTimezone    string   `env:"CRON_TIMEZONE"`
	CronGrace       string   `env:"CRON_GRACE"`
	CronEarly       string   `env:"CRON_EARLY"`
	CronMaxRuntime  string   `env:"CRON_MAX_RUNTIME"`
	CronMinRuntime  string   `env:"CRON_MIN_RUNTIME"`
	CronNoOverlap   string   `env:"CRON_NO_OVERLAP"`
	CronRebootGrace string   `env:"CRON_REBOOT_GRACE"`

	CPUFire          string   `env:"CPU_FIRE"          key:"resources.cpu.fire"`
	MemoryFire       string   `env:"MEMORY_FIRE"       key:"resources.memory.fire"`
	DiskFire         string   `env:"DISK_FIRE"         key:"resources.disk.fire"`
	DiskMountpoints  []string `env:"DISK_MOUNTPOINTS"  key:"resources.disk.mountpoints"`
	ContainersExpect []string `env:"CONTAINERS_EXPECT" key:"containers.expect"`
	RuleFiles        []string `env:"RULE_FILES"        key:"rule_files"`

	HeartbeatURL       secret.Value `env:"HEARTBEAT_URL" key:"heartbeat.url"`
	HeartbeatURLFile   string       `env:"HEARTBEAT_URL_FILE" key:"heartbeat.url_file"`
	EvaluationInterval string       `env:"EVALUATION_INTERVAL" key:"evaluation.interval"`
	GrafanaURL         string       `env:"GRAFANA_URL"         key:"grafana.url"`
	RunbooksURL        string       `env:"RUNBOOKS_URL"        key:"runbooks.url"`
	Timezone           string       `env:"TIMEZONE"            key:"timezone"`
}
