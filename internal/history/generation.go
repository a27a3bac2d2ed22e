package history

// order numbers the commits so that each comes after its parents. Ids that lie could make a ring of
// commits: one that is met again on the way to itself counts as having no parents.
func (s *scan) order() {
	for n := range s.commits {
		stack := []int32{n}
		for len(stack) > 0 {
			c := s.commits[stack[len(stack)-1]]
			if c.generation > 0 || !s.generation(c, &stack) {
				stack = stack[:len(stack)-1]
			}
		}
	}
}

// begun is the generation of a commit whose parents are being numbered.
const begun = -1

// generation numbers a commit whose parents are numbered; else it puts these on the stack and is true.
func (s *scan) generation(c *commit, stack *[]int32) (waits bool) {
	most := 0
	for _, p := range c.parents {
		parent := s.commits[p]
		switch {
		case parent == nil:
		case parent.generation == 0 && c.generation != begun:
			*stack = append(*stack, p)
			waits = true
		default:
			most = max(most, parent.generation)
		}
	}
	if waits {
		c.generation = begun
		return true
	}
	c.generation = most + 1
	return false
}
