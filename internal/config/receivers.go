package config

import (
	"fmt"
	"slices"
	"strings"

	"alertd/internal/config/document"
	"alertd/internal/invalid"
	"alertd/notifier"
)

// console is the kind, and the name, of the receiver that there is when nobody
// else is to be told.
const console = "console"

// suffix ends the keys of a receiver that hold integrations.
const suffix = "_configs"

func (b *builder) receivers() {
	seen := map[string]bool{}
	for _, item := range b.in.Receivers.Items() {
		r := b.receiver(item)
		switch {
		case r.Name == "":
			item.Report([]invalid.Field{{Path: "name", Problem: "a receiver without a name", Mend: "add name: NAME"}})
		case seen[r.Name]:
			item.At("name").Fail(fmt.Sprintf("a receiver named %s is already there", r.Name), "give each a name of its own, or put their integrations into one")
		}
		seen[r.Name] = true
		b.out.Receivers = append(b.out.Receivers, r)
	}
	if len(b.out.Receivers) == 0 {
		b.out.Receivers = []Receiver{b.consoleReceiver()}
		b.warnings = append(b.warnings, "No receiver is configured: messages are only printed, and nobody is told. Add receivers, or set ALERTD_SLACK_WEBHOOK_URL or its like")
	}
}

func (b *builder) receiver(item document.Node) Receiver {
	var r Receiver
	for _, e := range item.Entries() {
		kind, isIntegration := strings.CutSuffix(e.Key, suffix)
		i := slices.IndexFunc(b.kinds, func(k notifier.Kind) bool { return k.Name == kind })
		switch {
		case e.Key == "name":
			e.Node.Decode(&r.Name)
		case e.Key == "labels":
			e.Node.Decode(&r.Labels)
		case isIntegration && i >= 0:
			r.Integrations = append(r.Integrations, b.integrations(b.kinds[i], e.Node)...)
		default:
			b.unknownIntegration(e)
		}
	}
	if name, ok := r.Labels["name"]; ok && name != r.Name {
		item.Child("labels").Child("name").Fail("the label name is the receiver's own", "remove it, or write "+r.Name)
	}
	return r
}

func (b *builder) integrations(kind notifier.Kind, list document.Node) []Integration {
	var all []Integration
	for i, item := range list.Items() {
		settings := kind.New()
		item.Decode(settings)
		rebase(b.dir, settings)
		settings.Inherit(&b.out.Global)
		item.Report(settings.Check())
		all = append(all, Integration{Kind: kind.Name, Index: i, Settings: settings})
	}
	return all
}

func (b *builder) unknownIntegration(e document.Entry) {
	stems, keys := []string{"name"}, []string{}
	for _, k := range b.kinds {
		stems, keys = append(stems, k.Name), append(keys, k.Name+suffix)
	}
	stem, isType := strings.CutSuffix(e.Key, suffix)
	problem := "unknown key"
	if isType {
		problem = "alertd has no receiver type"
	}
	mend := "use " + strings.Join(keys, ", ")
	// Most of the keys is the suffix, which would make all of them look alike.
	switch meant := document.Suggest(stem, stems); meant {
	case "":
	case "name":
		mend = "did you mean name?"
	default:
		mend = "did you mean " + meant + suffix + "?"
	}
	e.Node.Unknown(problem, mend)
}

// consoleReceiver is for when nobody is to be told, so that alertd can be
// tried out.
func (b *builder) consoleReceiver() Receiver {
	r := Receiver{Name: console}
	i := slices.IndexFunc(b.kinds, func(k notifier.Kind) bool { return k.Name == console })
	if i >= 0 {
		settings := b.kinds[i].New()
		settings.Inherit(&b.out.Global)
		r.Integrations = []Integration{{Kind: console, Settings: settings}}
	}
	return r
}
