package config

// alertmanagersKeys returns the keys that Alertmanager 0.34 reads in a section,
// as far as alertd has them too: at the top, in global, in a route, a receiver
// and each type of integration. What stands below them is alike in both.
//
// update_message is left out: Alertmanager takes it beside an address only that
// it can read, and addresses are masked.
func alertmanagersKeys() map[string][]string {
	return map[string][]string{
		"top": {"global", "route", "receivers", "templates", "inhibit_rules", "time_intervals", "mute_time_intervals", "tracing"},
		"global": {
			"resolve_timeout", "http_config",
			"smtp_from", "smtp_hello", "smtp_smarthost", "smtp_auth_username", "smtp_auth_password", "smtp_auth_password_file",
			"smtp_auth_secret", "smtp_auth_secret_file", "smtp_auth_identity", "smtp_require_tls", "smtp_tls_config", "smtp_force_implicit_tls",
			"slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file", "slack_app_url",
			"jira_api_url", "pagerduty_url", "webex_api_url", "opsgenie_api_url", "opsgenie_api_key", "opsgenie_api_key_file",
			"victorops_api_url", "victorops_api_key", "victorops_api_key_file", "telegram_api_url", "telegram_bot_token", "telegram_bot_token_file",
			"wechat_api_url", "wechat_api_secret", "wechat_api_secret_file", "wechat_api_corp_id",
			"rocketchat_api_url", "rocketchat_token", "rocketchat_token_file", "rocketchat_token_id", "rocketchat_token_id_file",
			"mattermost_webhook_url", "mattermost_webhook_url_file",
		},
		"route": {
			"receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "matchers", "match", "match_re", "continue",
			"mute_time_intervals", "active_time_intervals", "labels", "routes",
		},
		"receiver": {"name", "labels", "slack_configs", "discord_configs", "email_configs", "webhook_configs"},
		"slack": {
			"send_resolved", "http_config", "timeout", "api_url", "api_url_file", "app_token", "app_token_file", "app_url",
			"channel", "username", "color", "title", "title_link", "pretext", "text", "message_text", "fields", "short_fields", "footer",
			"fallback", "callback_id", "icon_emoji", "icon_url", "image_url", "thumb_url", "link_names", "mrkdwn_in", "actions",
		},
		"discord": {"send_resolved", "http_config", "webhook_url", "webhook_url_file", "content", "title", "message", "username", "avatar_url"},
		"email": {
			"send_resolved", "to", "from", "hello", "smarthost", "auth_username", "auth_password", "auth_password_file",
			"auth_secret", "auth_secret_file", "auth_identity", "headers", "html", "text", "require_tls", "tls_config", "force_implicit_tls", "threading",
		},
		"webhook": {"send_resolved", "http_config", "timeout", "url", "url_file", "max_alerts", "payload"},
	}
}
