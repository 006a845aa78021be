package ctl

import (
	promconfig "github.com/prometheus/common/config"
)

// authenticate gives s the credentials of the flags, the environment or the
// URL in place of the file's, where there are any.
func (c *cli) authenticate(s *settings) error {
	username := first(c.flags.username, c.env("ALERTCTL_USERNAME"))
	password, passwordFile := c.secret(c.flags.passwordFile, "ALERTCTL_PASSWORD")
	token, tokenFile := c.secret(c.flags.tokenFile, "ALERTCTL_BEARER_TOKEN")
	basic := username != "" || password != "" || passwordFile != ""
	if s.url.User != nil && !basic {
		basic, username = true, s.url.User.Username()
		password, _ = s.url.User.Password()
	}
	s.url.User = nil

	switch {
	case basic && (token != "" || tokenFile != ""):
		return usage("both a user (basic auth) and a bearer token are given").
			withHint("Take away --username and ALERTCTL_USERNAME, ALERTCTL_PASSWORD, ALERTCTL_PASSWORD_FILE, or --bearer-token-file and ALERTCTL_BEARER_TOKEN, ALERTCTL_BEARER_TOKEN_FILE.")
	case basic:
		auth := &promconfig.BasicAuth{Username: username, Password: promconfig.Secret(password), PasswordFile: passwordFile}
		if file := s.http.BasicAuth; file != nil {
			if username == "" {
				auth.Username, auth.UsernameFile = file.Username, file.UsernameFile
			}
			if password == "" && passwordFile == "" {
				auth.Password, auth.PasswordFile = file.Password, file.PasswordFile
			}
		}
		if auth.Username == "" && auth.UsernameFile == "" {
			return usage("there is a password, but no user that it belongs to").
				withHint("Name one with --username or ALERTCTL_USERNAME.")
		}
		s.replace(auth, nil)
	case token != "" || tokenFile != "":
		s.replace(nil, &promconfig.Authorization{
			Type: "Bearer", Credentials: promconfig.Secret(token), CredentialsFile: tokenFile,
		})
	}
	return nil
}

// replace sets the only credentials that are sent.
func (s *settings) replace(basic *promconfig.BasicAuth, bearer *promconfig.Authorization) {
	s.http.BasicAuth, s.http.Authorization, s.http.OAuth2 = basic, bearer, nil
	s.withheld = ""
}

// secret returns a secret's value or the file that holds it: the flag's file,
// the variable name, or the file that the variable name_FILE tells.
func (c *cli) secret(flag, name string) (value, file string) {
	if flag != "" {
		return "", flag
	}
	if value := c.env(name); value != "" {
		return value, ""
	}
	return "", c.env(name + "_FILE")
}

// authenticates tells whether credentials are sent at all.
func (s *settings) authenticates() bool {
	return s.http.BasicAuth != nil || s.http.Authorization != nil || s.http.OAuth2 != nil
}
