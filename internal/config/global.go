package config

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/prometheus/common/model"

	"alertd/internal/config/document"
	"alertd/internal/invalid"
	"alertd/internal/secret"
	"alertd/notifier"
)

// foreignDefaults are the keys of Alertmanager's `global` section that are
// defaults for receiver types which alertd lacks. Alone they do no harm, and
// many files carry them. They are typed so that their secrets stay hidden.
type foreignDefaults struct {
	PagerdutyURL string `yaml:"pagerduty_url"`
	JiraAPIURL   string `yaml:"jira_api_url"`
	WebexAPIURL  string `yaml:"webex_api_url"`

	OpsGenieAPIURL     string       `yaml:"opsgenie_api_url"`
	OpsGenieAPIKey     secret.Value `yaml:"opsgenie_api_key"`
	OpsGenieAPIKeyFile string       `yaml:"opsgenie_api_key_file"`

	VictorOpsAPIURL     string       `yaml:"victorops_api_url"`
	VictorOpsAPIKey     secret.Value `yaml:"victorops_api_key"`
	VictorOpsAPIKeyFile string       `yaml:"victorops_api_key_file"`

	TelegramAPIURL       string       `yaml:"telegram_api_url"`
	TelegramBotToken     secret.Value `yaml:"telegram_bot_token"`
	TelegramBotTokenFile string       `yaml:"telegram_bot_token_file"`

	WeChatAPIURL        string       `yaml:"wechat_api_url"`
	WeChatAPISecret     secret.Value `yaml:"wechat_api_secret"`
	WeChatAPISecretFile string       `yaml:"wechat_api_secret_file"`
	WeChatAPICorpID     string       `yaml:"wechat_api_corp_id"`

	RocketchatAPIURL      string       `yaml:"rocketchat_api_url"`
	RocketchatToken       secret.Value `yaml:"rocketchat_token"`
	RocketchatTokenFile   string       `yaml:"rocketchat_token_file"`
	RocketchatTokenID     secret.Value `yaml:"rocketchat_token_id"`
	RocketchatTokenIDFile string       `yaml:"rocketchat_token_id_file"`

	MattermostWebhookURL     secret.Value `yaml:"mattermost_webhook_url"`
	MattermostWebhookURLFile string       `yaml:"mattermost_webhook_url_file"`
}

// global reads the `global` section.
func (b *builder) global() {
	section := struct {
		*notifier.Global `yaml:",inline"`
		foreignDefaults  `yaml:",inline"`
		// Prometheus's spelling, which people paste.
		EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	}{Global: &b.out.Global}
	b.in.Global.Decode(&section)
	checkAddresses(b.in.Global, reflect.ValueOf(b.out.Global))
	checkAddresses(b.in.Global, reflect.ValueOf(section.foreignDefaults))
	b.in.Global.Report(b.out.Global.Check())
	rebase(b.dir, &b.out.Global)

	if given := b.in.Global.Child("evaluation_interval"); given.Given() {
		if b.in.Evaluation.Child("interval").Given() {
			given.FailKey("evaluation_interval is also given as interval in evaluation", "remove one")
		}
		b.out.Evaluation.Interval = section.EvaluationInterval
		if section.EvaluationInterval <= 0 {
			b.in.Global.Report([]invalid.Field{notPositive("evaluation_interval", "15s")})
		}
	}
}

// checkAddresses notes the values of keys ending in _url that are none. Those
// that are secret are looked at by the receivers that use them.
func checkAddresses(section document.Node, settings reflect.Value) {
	for i := range settings.NumField() {
		key, _, _ := strings.Cut(settings.Type().Field(i).Tag.Get("yaml"), ",")
		raw, plain := reflect.TypeAssert[string](settings.Field(i))
		if !plain || raw == "" || !strings.HasSuffix(key, "_url") {
			continue
		}
		if u, err := url.Parse(raw); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			at := section.Child(key)
			at.Conceal()
			at.Fail(key+" is not an http or https address", "write it as https://host/path")
		}
	}
}
