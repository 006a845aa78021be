package rulefile

import "strings"

// Scope says what a line of the file belongs to.
type Scope struct {
	Group int // index in Groups; -1: the file
	Rule  int // index in the group's Rules; -1: the whole group
}

// Scope returns what a remark on a line is about: the rule or group on that line
// or, where the line has nothing but a comment, on the next line that has more.
func (f *File) Scope(line int) Scope {
	for bare(f.Line(line)) && line < len(f.lines) {
		line++
	}
	found := Scope{-1, -1}
	for g, group := range f.Groups {
		if group.Node.Line > line {
			break
		}
		found = Scope{g, -1}
		for i, r := range group.Rules {
			if r.Node.Line > line {
				break
			}
			found.Rule = i
		}
	}
	return found
}

// bare tells whether a line has no content: it is empty or a comment.
func bare(line string) bool {
	text := strings.TrimLeft(line, " \t")
	return text == "" || text[0] == '#'
}
