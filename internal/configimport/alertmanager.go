package configimport

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// alertmanager takes an alertmanager.yml as it is, but for what alertd lacks and
// for paths, which begin elsewhere now.
func (m *importer) alertmanager(root *yaml.Node) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "tracing":
			m.left(key, "tracing: alertd sends no traces of itself")
			continue
		case "event_recorder":
			m.left(key, "event_recorder: alertd keeps its history in its own store, for \"alertctl alerts --ended\"")
			continue
		case "templates":
			for _, path := range value.Content {
				path.Value = m.rebase(path.Value)
			}
		case "receivers":
			m.receivers(value)
		}
		m.paths(value, false)
		m.variables(value)
		m.out.Content = append(m.out.Content, key, value)
	}
}

// receivers takes the integrations out that alertd has no type for, and says
// what that means for each receiver.
func (m *importer) receivers(list *yaml.Node) {
	for _, receiver := range list.Content {
		receiver = follow(receiver)
		var kept []*yaml.Node
		var lost []string
		remaining := false
		name := "without a name"
		if n := get(receiver, "name"); n != nil {
			name = n.Value
		}
		for i := 0; i+1 < len(receiver.Content); i += 2 {
			key, value := receiver.Content[i], receiver.Content[i+1]
			isType := strings.HasSuffix(key.Value, "_configs")
			if isType && !slices.Contains(m.ReceiverTypes, key.Value) {
				lost = append(lost, key.Value)
				m.left(key, "%s of the receiver %s: alertd has %s", key.Value, name, strings.Join(m.ReceiverTypes, ", "))
				continue
			}
			remaining = remaining || isType
			kept = append(kept, key, value)
		}
		receiver.Content = kept
		if len(lost) == 0 {
			continue
		}
		comment := "# Not taken over: " + strings.Join(lost, ", ") + "."
		if !remaining {
			comment += " Nobody is told by this receiver."
			m.advise(receiver, "the receiver %s tells nobody now: give it another channel", name)
		}
		receiver.HeadComment = strings.TrimSpace(receiver.HeadComment + "\n" + comment)
	}
}

// paths makes the files that settings name begin from the result's directory.
// Those of an http_config begin from the file's own directory in Alertmanager
// too, and others from wherever Alertmanager was started.
func (m *importer) paths(n *yaml.Node, inHTTP bool) {
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode {
			m.paths(c, inHTTP)
			continue
		}
		if i%2 == 0 {
			continue
		}
		key := n.Content[i-1].Value
		http := inHTTP || key == "http_config" || key == "tls_config" || key == "smtp_tls_config"
		isFile := strings.HasSuffix(key, "_file") && c.Kind == yaml.ScalarNode
		if rebased := m.rebase(c.Value); isFile && rebased != c.Value {
			if !http {
				m.advise(c, "%s: %s is taken to be beside this file; Alertmanager looks for it where it was started", key, c.Value)
			}
			c.Value = rebased
		}
		if key == "files" && http && c.Kind == yaml.SequenceNode {
			for _, path := range c.Content {
				path.Value = m.rebase(path.Value)
			}
		}
		m.paths(c, http)
	}
}

// variables keeps texts what they are to Alertmanager, which puts no variables
// into them.
func (m *importer) variables(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		variable := regexp.MustCompile(`\$\{[A-Za-z_]`)
		if variable.MatchString(n.Value) {
			n.Value = variable.ReplaceAllString(n.Value, "$$$0")
			m.advise(n, "${NAME} is text to Alertmanager, and written as $${NAME} here: remove a $ to have the variable put in")
		}
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			m.variables(c)
		}
	}
}
