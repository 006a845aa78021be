package lint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// kubernetesLabels are on cAdvisor's metrics where the kubelet serves them.
func kubernetesLabels() []string { return []string{"namespace", "pod", "container"} }

// containerIDLabel: Docker gives a container that is created anew another id,
// so the old alert ends without a recovery and a new one begins.
func containerIDLabel(s *subject) {
	if _, overridden := s.Labels["id"]; overridden || !s.labels.has("id") {
		return
	}
	for _, v := range s.labels.from {
		if !strings.HasPrefix(v.Name, "container_") || aboutKubernetes(v) {
			continue
		}
		s.at(v, "the alert bears cAdvisor's label id, which is another after every recreation of the container",
			"keep what stays the same: max by (instance, name) (...)")
		return
	}
}

func aboutKubernetes(v *parser.VectorSelector) bool {
	return slices.ContainsFunc(v.LabelMatchers, func(m *labels.Matcher) bool { return slices.Contains(kubernetesLabels(), m.Name) })
}

// kubernetesOnly: on a Docker host these select nothing, so the alert never fires.
func kubernetesOnly(s *subject) {
	if !s.options.Docker {
		return
	}
	const mend = "use cAdvisor's own labels: name, or container_label_com_docker_compose_service"
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		switch e := n.(type) {
		case *parser.VectorSelector:
			if strings.HasPrefix(e.Name, "kube_") || strings.HasPrefix(e.Name, "kubelet_") {
				s.at(e, e.Name+" is a metric of Kubernetes, and this configuration watches Docker's containers", "remove the rule, or set containers: {enabled: false}")
			}
			for _, m := range e.LabelMatchers {
				if strings.HasPrefix(e.Name, "container_") && slices.Contains(kubernetesLabels(), m.Name) && !m.Matches("") {
					s.at(e, fmt.Sprintf("the label %s is Kubernetes's: containers of Docker do not have it", m.Name), mend)
				}
			}
		case *parser.AggregateExpr:
			for _, name := range e.Grouping {
				if !e.Without && slices.Contains(kubernetesLabels(), name) && ofContainers(e.Expr) {
					s.at(e, fmt.Sprintf("the label %s is Kubernetes's: containers of Docker all fall into one group", name), mend)
				}
			}
		}
		return nil
	})
}

func ofContainers(e parser.Expr) bool {
	found := false
	for _, v := range labelsOf(e).from {
		found = found || strings.HasPrefix(v.Name, "container_")
	}
	return found
}

// limits are metrics of limits that are 0 where there is none.
func limits() []string {
	return []string{"container_spec_memory_limit_bytes", "container_spec_memory_swap_limit_bytes", "redis_memory_max_bytes"}
}

// unguardedLimit: x / 0 is +Inf, which is above every threshold.
func unguardedLimit(s *subject) {
	guarded := map[string]bool{}
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		if e, ok := n.(*parser.BinaryExpr); ok && e.Op.IsComparisonOperator() && !e.ReturnBool {
			// A comparison guards the limit itself, and its quotient if it is with infinity.
			for _, side := range []parser.Expr{e.LHS, e.RHS} {
				for _, name := range bare(side) {
					guarded[name] = true
				}
			}
			if infinite(e.RHS) {
				selectors(e.LHS, func(v *parser.VectorSelector) { guarded[v.Name] = true })
			}
		}
		return nil
	})
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		e, ok := n.(*parser.BinaryExpr)
		if !ok || e.Op != parser.DIV {
			return nil
		}
		selectors(e.RHS, func(v *parser.VectorSelector) {
			if slices.Contains(limits(), v.Name) && !guarded[v.Name] {
				s.at(v, fmt.Sprintf("%s is 0 where there is no limit, and what is divided by 0 is infinite: the alert fires for all that is unlimited", v.Name),
					fmt.Sprintf("divide by (%s > 0)", v.Name))
			}
		})
		return nil
	})
}

// bare returns the metrics that an operand gives by themselves: selected,
// aggregated, but not in an arithmetic with others.
func bare(e parser.Expr) []string {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return []string{e.Name}
	case *parser.ParenExpr:
		return bare(e.Expr)
	case *parser.AggregateExpr:
		return bare(e.Expr)
	case *parser.BinaryExpr:
		if e.Op.IsComparisonOperator() {
			return append(bare(e.LHS), bare(e.RHS)...)
		}
	}
	return nil
}

func infinite(e parser.Expr) bool {
	n, ok := e.(*parser.NumberLiteral)
	return ok && math.IsInf(n.Val, 1)
}
