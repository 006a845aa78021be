package notifier

import "alertd/internal/alert"

// Matchers returns what an alert must have for this node of the tree.
func (r *Route) Matchers() alert.Matchers { return r.matchers }

// PathTo returns the nodes from r to the node to, both included; nil where r has
// no such node below it.
func (r *Route) PathTo(to *Route) []*Route {
	if r == to {
		return []*Route{r}
	}
	for _, child := range r.children {
		if below := child.PathTo(to); below != nil {
			return append([]*Route{r}, below...)
		}
	}
	return nil
}
