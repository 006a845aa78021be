package config_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// seeded is a configuration with a secret in every place and every way of
// writing that there is. Each secret is made of SEED.
const seeded = `x-anchors:
  key: &key SEEDanchor
prometheus:
  url: http://localhost:9090/
  headers:
    X-Scope-OrgID: SEEDheader
  http_config:
    proxy_url: http://user:SEEDuser@proxy:3128/
    basic_auth: {username: me, password: 'SEED''quoted'}
    http_headers:
      X-One: {secrets: ["SEED\x41escaped", SEEDplain]}
      X-Two:
        secrets:
        - SEEDlist # a comment
    tls_config:
      cert: |
        -----BEGIN-----
      key: |
        -----BEGIN-----
        SEEDblock
        SEEDblock2
global:
  slack_api_url: !!str SEEDtagged
  smtp_auth_password: >-
    SEEDfolded one
    SEEDfolded two
receivers:
- name: a
  slack_configs:
  - api_url: *key
    channel: none
  - {channel: none, api_url: SEEDflow, send_resolved: true}
  - api_url: "SEEDmany
      SEEDlines"
    http_config:
      authorization:
        credentials: ${TOKEN}
  - api_url: ${UNSET:-SEEDdefault}
`

const seed = "x9Qz"

// told fails the test where err tells a secret.
func told(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	// What stands as ${NAME} is the name of a variable.
	text := regexp.MustCompile(`variable \w+ is not set: .*`).ReplaceAllString(err.Error(), "")
	if strings.Contains(text, seed) {
		t.Errorf("%s: a secret is told:\n%v", what, err)
	}
}

// TestNoSecretIsTold breaks a configuration in every place, in many ways, and
// looks for secrets in what is said of it.
func TestNoSecretIsTold(t *testing.T) {
	text := strings.ReplaceAll(seeded, "SEED", seed)
	env := "TOKEN=" + seed + "variable"
	if _, err := load(t, text, env); err != nil {
		t.Fatalf("unbroken: %v", err)
	}
	garbage := []string{":", ": ", "\t", "\"", "'", "{", "}", "[", "]", ",", "- ", "#", "&", "*", "!", "|\n", "%", "\n", "\x00", "\xff", "zz", "${X}", "${X", "<<: "}
	removals := []int{1, 2, 7, 40, len(text)}
	for i := range text {
		// A secret that is itself cut in two is no longer one.
		if i > 0 && !strings.HasPrefix(text[i:], seed) && strings.Contains(text[max(0, i-len(seed)+1):min(len(text), i+len(seed)-1)], seed) {
			continue
		}
		// Each place gets some of the ways; all of them take a minute.
		for k := range 2 {
			g := garbage[(7*i+k)%len(garbage)]
			_, err := load(t, text[:i]+g+text[i:], env)
			told(t, fmt.Sprintf("%q inserted at %d", g, i), err)
		}
		length := removals[i%len(removals)]
		_, err := load(t, text[:i]+text[min(i+length, len(text)):], env)
		told(t, fmt.Sprintf("%d bytes removed at %d", length, i), err)
		if t.Failed() {
			return
		}
	}
}

// TestSecretsOfMistakenSections has a mistake beside every secret.
func TestSecretsOfMistakenSections(t *testing.T) {
	text := strings.ReplaceAll(seeded, "SEED", seed)
	for _, key := range []string{"url:", "headers:", "http_config:", "basic_auth:", "password:", "secrets:", "key:", "slack_api_url:", "api_url:", "credentials:", "X-One:", "http_headers:", "authorization:", "smtp_auth_password:"} {
		for _, other := range []string{strings.TrimSuffix(key, ":") + "x:", "un" + key, key + " !x", key + " &a", "? " + key} {
			_, err := load(t, strings.ReplaceAll(text, key, other), "TOKEN="+seed+"variable")
			told(t, fmt.Sprintf("%s instead of %s", other, key), err)
		}
	}
}
