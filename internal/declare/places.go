package declare

import "strings"

// placer finds the lines that a change itself wrote, on one side of it.
type placer struct {
	own, other Tree
	changed    map[string]bool
	files      map[string]*placedFile
}

type placedFile struct {
	lines []string
	old   map[string]bool
	wrote map[int]bool // by line, as far as it was asked for: a line may be a whole file
}

// settle sets the place of every declaration to the first of its places that the change wrote.
func (p *placer) settle(ds []Declaration) {
	for n := range ds {
		for _, at := range ds[n].Places {
			if p.wrote(at) {
				ds[n].Path, ds[n].Line = at.Path, at.Line
				break
			}
		}
	}
}

// wrote says whether a line is in the one state and not in the other.
func (p *placer) wrote(at Place) bool {
	if !p.changed[at.Path] {
		return false
	}
	f := p.file(at.Path)
	if at.Line < 1 || at.Line > len(f.lines) {
		return false
	}
	is, known := f.wrote[at.Line]
	if !known {
		line := squeeze(f.lines[at.Line-1])
		is = line != "" && !f.old[line]
		f.wrote[at.Line] = is
	}
	return is
}

func (p *placer) file(name string) *placedFile {
	if f, ok := p.files[name]; ok {
		return f
	}
	f := &placedFile{lines: linesOf(p.own, name), old: map[string]bool{}, wrote: map[int]bool{}}
	for _, line := range linesOf(p.other, name) {
		f.old[squeeze(line)] = true
	}
	if p.files == nil {
		p.files = map[string]*placedFile{}
	}
	p.files[name] = f
	return f
}

func linesOf(t Tree, name string) []string {
	data, err := t.Read(name)
	if err != nil || len(data) > maxLoad {
		return nil
	}
	text, _ := decodeText(data)
	return strings.Split(string(text), "\n")
}
