package rules

import "slices"

// annotateRunbooks links every rule's alerts to the page of their name below
// url, unless they have a link of their own; "" is no link.
func annotateRunbooks(groups []Group, url string) {
	const name = "runbook_url"
	if url == "" {
		return
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if !slices.ContainsFunc(r.Annotations, func(t Template) bool { return t.Name == name }) {
				r.Annotations = append(r.Annotations, Template{name, url + "/" + r.Name})
				sortTemplates(r.Annotations)
			}
		}
	}
}
