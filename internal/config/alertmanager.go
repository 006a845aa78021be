package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"alertd/internal/secret"
	"alertd/notifier"
)

// Alertmanager returns the configuration in force as an alertmanager.yml, for
// those who read one of GET /api/v2/status, such as amtool: secrets masked, and
// without what only alertd knows, which they would refuse.
func (c *Config) Alertmanager() ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Load(c.masked, &doc); err != nil {
		return nil, fmt.Errorf("reading the masked configuration: %w", err)
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	if len(doc.Content) > 0 && doc.Content[0].Kind == yaml.MappingNode {
		root = doc.Content[0]
	}
	c.prune(root)
	if err := c.complete(root); err != nil {
		return nil, err
	}
	text, err := yaml.Dump(root, yaml.WithV4Defaults(), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	// As a name in an address, the mask itself would be no address.
	mask := strings.NewReplacer("://"+secret.Masked+"@", "://%3Csecret%3E@")
	return []byte(mask.Replace(string(text))), nil
}

// prune leaves what Alertmanager knows.
func (c *Config) prune(root *yaml.Node) {
	keys := alertmanagersKeys()
	keepKeys(root, keys["top"])
	for key, value := range members(root) {
		switch key {
		case "global":
			keepKeys(value, keys["global"])
			// Beside a token Alertmanager takes no address that it cannot read.
			if has(value, "slack_app_token") || has(value, "slack_app_token_file") {
				remove(value, "slack_api_url", "slack_api_url_file")
			}
		case "route":
			pruneRoute(value, keys["route"])
		case "receivers":
			for _, r := range value.Content {
				pruneReceiver(r, keys)
			}
		}
	}
}

func pruneRoute(route *yaml.Node, known []string) {
	keepKeys(route, known)
	for key, value := range members(route) {
		if key == "routes" {
			for _, child := range value.Content {
				pruneRoute(child, known)
			}
		}
	}
}

func pruneReceiver(receiver *yaml.Node, keys map[string][]string) {
	keepKeys(receiver, keys["receiver"])
	for key, list := range members(receiver) {
		kind, isKind := strings.CutSuffix(key, suffix)
		if !isKind {
			continue
		}
		for _, integration := range list.Content {
			keepKeys(integration, keys[kind])
			for key, value := range members(integration) {
				// Alertmanager has no default here.
				if key == "threading" && value.Kind == yaml.MappingNode && !has(value, "thread_by_date") {
					value.Content = append(value.Content, scalar("thread_by_date"), scalar("none"))
				}
			}
		}
	}
}

// complete adds the route and the receiver that alertd has where the file says
// nothing, and Alertmanager must be told.
func (c *Config) complete(root *yaml.Node) error {
	if !c.Routed {
		remove(root, "route")
		top := *c.Route
		least := model.Duration(time.Millisecond) // Alertmanager has no way to say: at once
		top.GroupInterval = &least
		route, err := routeNode(&top)
		if err != nil {
			return err
		}
		root.Content = append(root.Content, scalar("route"), route)
	}
	if !has(root, "receivers") {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, r := range c.Receivers {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("name"), scalar(r.Name)}})
		}
		root.Content = append(root.Content, scalar("receivers"), list)
	}
	return nil
}

// routeNode writes a route without what it does not say.
func routeNode(spec *notifier.RouteSpec) (*yaml.Node, error) {
	text, err := yaml.Dump(spec, yaml.WithV4Defaults())
	if err != nil {
		return nil, fmt.Errorf("writing the routes: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		return nil, fmt.Errorf("reading the routes back: %w", err)
	}
	dropEmpty(doc.Content[0])
	return doc.Content[0], nil
}

func dropEmpty(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			v := n.Content[i+1]
			empty := v.Kind == yaml.ScalarNode && slices.Contains([]string{"", "null", "false"}, v.Value) || v.Kind != yaml.ScalarNode && len(v.Content) == 0
			if !empty {
				kept = append(kept, n.Content[i], v)
			}
		}
		n.Content = kept
	}
	for _, c := range n.Content {
		dropEmpty(c)
	}
}

// members yields the keys and values of a mapping, and nothing of anything else.
func members(n *yaml.Node) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

func has(n *yaml.Node, key string) bool {
	for k := range members(n) {
		if k == key {
			return true
		}
	}
	return false
}

func keepKeys(n *yaml.Node, known []string) {
	for _, key := range keysOf(n) {
		if !slices.Contains(known, key) {
			remove(n, key)
		}
	}
}

func keysOf(n *yaml.Node) []string {
	var keys []string
	for key := range members(n) {
		keys = append(keys, key)
	}
	return keys
}

func remove(n *yaml.Node, keys ...string) {
	var kept []*yaml.Node
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if !slices.Contains(keys, n.Content[i].Value) {
			kept = append(kept, n.Content[i], n.Content[i+1])
		}
	}
	if n.Kind == yaml.MappingNode {
		n.Content = kept
	}
}

func scalar(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	return n
}
