package webhook

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/prometheus/alertmanager/template"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// checkURL tells what is wrong with the address. Of a template only the
// rendered text is an address.
func (s *Settings) checkURL() []notifier.FieldError {
	if isTemplate(string(s.URL)) && s.URLFile == "" {
		for _, wrong := range notifier.CheckTemplates(notifier.Templated{Path: "url", Text: string(s.URL)}) {
			wrong.Problem = "not a template" // the parser quotes what it stumbled over
			return []notifier.FieldError{wrong}
		}
		return nil
	}
	return httpsend.CheckURL("url", s.URL, s.URLFile, "", example)
}

func isTemplate(text string) bool { return strings.Contains(text, "{{") }

// payloadTemplates returns every text of a payload.
func payloadTemplates(path string, value any) []notifier.Templated {
	switch value := value.(type) {
	case string:
		return []notifier.Templated{{Path: path, Text: value}}
	case []any:
		var all []notifier.Templated
		for i, v := range value {
			all = append(all, payloadTemplates(fmt.Sprintf("%s[%d]", path, i), v)...)
		}
		return all
	case map[string]any:
		var all []notifier.Templated
		for key, v := range value {
			all = append(all, notifier.Templated{Path: path, Text: key})
			all = append(all, payloadTemplates(path+"."+key, v)...)
		}
		return all
	}
	return nil
}

// address returns where msg goes: the URL, rendered where it is a template.
func (c *channel) address(msg *notifier.Message) (secret.Source, error) {
	raw, err := c.url.Reveal()
	if err != nil || !isTemplate(raw) {
		return c.url, err
	}
	rendered, err := msg.Text(raw)
	if err != nil {
		// The error may quote the address.
		return secret.Source{}, fmt.Errorf("the template of the address fails for this message")
	}
	return secret.From(secret.Value(strings.TrimSpace(rendered)), ""), nil
}

// render returns the body that the payload describes. A text that becomes a
// number, a list or a mapping is one, as in Alertmanager.
func (c *channel) render(msg *notifier.Message, data *template.Data) ([]byte, error) {
	shown := *msg
	all := *msg.Data
	all.Data = data
	shown.Data = &all
	value, err := template.DeepCopyWithTemplate(c.payload, shown.Text)
	if err != nil {
		return nil, fmt.Errorf("the template of payload: %w", err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("writing the payload as JSON: %w", err)
	}
	return append(text, '\n'), nil
}
