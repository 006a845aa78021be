package email

import (
	"maps"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"alertd/notifier"
)

// Check tells what is wrong.
func (s *Settings) Check() []notifier.FieldError {
	c := checker{}
	c.addresses(s)
	c.smarthost(s.Smarthost)
	c.auth(s)
	c.headers(s)
	c.templates(s)
	if s.HTML == "" && s.Text == "" {
		c.add("text", "both html and text are empty", "leave one of them out, so that it has its default")
	}
	if t := s.Threading.ThreadByDate; t != "" && t != "none" && t != daily {
		c.add("threading.thread_by_date", strconv.Quote(t)+" is unknown", "write none or daily")
	}
	if s.TLSConfig != nil {
		if err := s.TLSConfig.Validate(); err != nil {
			c.add("tls_config", err.Error(), "see tls_config in Prometheus's documentation")
		}
	}
	return c.wrong
}

type checker struct{ wrong []notifier.FieldError }

func (c *checker) add(path, problem, mend string) {
	c.wrong = append(c.wrong, notifier.FieldError{Path: path, Problem: problem, Mend: mend})
}

func (c *checker) addresses(s *Settings) {
	switch list, err := mail.ParseAddressList(s.To); {
	case s.To == "":
		c.add("to", "nobody to write to", "set to: you@example.org")
	case strings.Contains(s.To, "{{"): // known only when it is rendered
	case err != nil:
		c.add("to", "it is not a list of addresses ("+err.Error()+")", "write you@example.org, or several with commas between them")
	case len(list) > maxRecipients:
		c.add("to", strconv.Itoa(len(list))+" recipients are too many for one message", "write to a mailing list")
	}
	switch _, err := mail.ParseAddress(s.From); {
	case s.From == "":
		c.add("from", "the sender is missing", "set from: alertd@example.org, or global.smtp_from")
	case strings.Contains(s.From, "{{"):
	case err != nil:
		c.add("from", "it is not an address ("+err.Error()+")", `write alertd@example.org, or "alertd <alertd@example.org>"`)
	}
}

func (c *checker) smarthost(smarthost string) {
	const mend = "write the relay's host and port, such as smtp.example.org:587"
	if smarthost == "" {
		c.add("smarthost", "the relay to send through is missing", "set smarthost: smtp.example.org:587, or global.smtp_smarthost")
		return
	}
	host, port, err := net.SplitHostPort(smarthost)
	switch {
	case err != nil && strings.Contains(err.Error(), "missing port"):
		c.add("smarthost", strconv.Quote(smarthost)+" lacks a port", mend)
	case err != nil || host == "" || strings.ContainsAny(host, "/ "):
		c.add("smarthost", strconv.Quote(smarthost)+" is not a host and a port", mend)
	default:
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			c.add("smarthost", strconv.Quote(port)+" is not a port", mend)
		}
	}
}

func (c *checker) auth(s *Settings) {
	if s.AuthPassword != "" && s.AuthPasswordFile != "" {
		c.add("auth_password_file", "both auth_password and auth_password_file are set", "keep one of them")
	}
	if s.AuthSecret != "" && s.AuthSecretFile != "" {
		c.add("auth_secret_file", "both auth_secret and auth_secret_file are set", "keep one of them")
	}
	password := s.AuthPassword != "" || s.AuthPasswordFile != "" || s.AuthSecret != "" || s.AuthSecretFile != ""
	switch {
	case s.AuthUsername != "" && !password:
		c.add("auth_username", "there is no password for it", "set auth_password or auth_password_file")
	case s.AuthUsername == "" && (s.AuthPassword != "" || s.AuthPasswordFile != ""):
		c.add("auth_password", "there is no user name for it", "set auth_username")
	}
}

// ours are the headers that a message cannot do without and that are made for
// every message.
func ours(name string) bool {
	return slices.Contains([]string{
		"Message-Id", "Date", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Bcc",
	}, name)
}

func (c *checker) headers(s *Settings) {
	seen := map[string]bool{}
	for name := range s.Headers {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		path := "headers." + name
		switch {
		case !headerName(name):
			c.add(path, "it is not a header name", "use letters, digits and dashes")
		case seen[canonical]:
			c.add(path, "the header is there twice", "remove one: upper and lower case make no difference")
		case ours(canonical):
			c.add(path, "alertd sets this header itself", "remove it")
		case s.threads() && ofThreads(canonical):
			c.add(path, "threading sets this header", "remove it, or set threading.enabled to false")
		}
		seen[canonical] = true
	}
}

// ofThreads tells whether a header is one of those that threading sets.
func ofThreads(name string) bool { return name == "References" || name == "In-Reply-To" }

func headerName(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' || r == ':' {
			return false
		}
	}
	return s != ""
}

// templates tells of fields whose templates cannot be parsed.
func (c *checker) templates(s *Settings) {
	all := []notifier.Templated{
		{Path: "to", Text: s.To}, {Path: "from", Text: s.From}, {Path: "html", Text: s.HTML}, {Path: "text", Text: s.Text},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		all = append(all, notifier.Templated{Path: "headers." + name, Text: s.Headers[name]})
	}
	for _, f := range notifier.CheckTemplates(all...) {
		c.add(f.Path, f.Problem, f.Mend)
	}
}
