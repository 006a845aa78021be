package document

import (
	"cmp"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"alertd/internal/secret"
)

// The bounds of what is searched for secrets. What is beyond them is not
// quoted, as no configuration of a person's is like that.
const (
	maxSecrets  = 1000
	maxSearched = 4096 // bytes of a line
)

// censor takes the secrets of a document out of what is said of it.
type censor struct {
	doc            *Document
	secrets        []string             // the longest first, lest one that holds another leaves its rest
	hidden, feared map[int][]*yaml.Node // scalars by line
}

func (d *Document) newCensor() *censor {
	c := &censor{doc: d, secrets: slices.Collect(maps.Keys(d.texts)), hidden: byLine(d.hidden), feared: byLine(d.feared)}
	slices.SortFunc(c.secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return c
}

func byLine(nodes map[*yaml.Node]struct{}) map[int][]*yaml.Node {
	out := map[int][]*yaml.Node{}
	for n := range nodes {
		if n.Kind == yaml.ScalarNode {
			out[n.Line] = append(out[n.Line], n)
		}
	}
	return out
}

// overwhelmed tells whether there are too many secrets to look for in much text.
func (c *censor) overwhelmed() bool { return len(c.secrets) > maxSecrets }

// scrub returns text without the secrets of the document.
func (c *censor) scrub(text string) string { return secret.ScrubText(text, c.secrets...) }

// cover returns text with its secret parts replaced, and where in it the
// character is that was at position at.
func cover(text []rune, secrets []span, at int) ([]rune, int) {
	slices.SortFunc(secrets, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	at = min(max(at, 0), len(text))
	var out []rune
	moved, done := -1, 0
	advance := func(to int) {
		if moved < 0 && at >= done && at < to {
			moved = len(out) + at - done
		}
		out = append(out, text[done:to]...)
		done = to
	}
	for i := 0; i < len(secrets); i++ {
		s := secrets[i]
		for i+1 < len(secrets) && secrets[i+1].from <= s.to {
			s.to, s.guess = max(s.to, secrets[i+1].to), s.guess && secrets[i+1].guess
			i++
		}
		if s.from >= s.to {
			continue
		}
		advance(s.from)
		if moved < 0 && at < s.to {
			moved = len(out)
		}
		mask := secret.Masked
		if s.guess {
			mask = ellipsis
		}
		out, done = append(out, []rune(mask)...), s.to
	}
	advance(len(text))
	if moved < 0 {
		moved = len(out)
	}
	return out, moved
}
