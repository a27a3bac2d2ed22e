package review

import "strings"

// rows collects whole rows up to a limit of bytes and says how many were left out.
type rows struct {
	b     strings.Builder
	limit int
	out   int
}

// add adds a row; once one was left out, so are those after it, and they are not even made.
func (w *rows) add(row func() string) {
	if w.out == 0 {
		if s := row(); w.b.Len()+len(s) <= w.limit {
			w.b.WriteString(s)
			return
		}
	}
	w.out++
}

// left closes the rows: it says how many were left out, and where they stand.
func (w *rows) left(where string) string {
	if w.out > 0 {
		w.b.WriteString("\n" + number(w.out, "row", "rows") + " left out" + where + ".\n")
	}
	return w.b.String()
}

// table makes a table of GitHub Markdown; it is empty without rows. Its heads are ours, its cells are escaped.
func table(limit int, where string, heads []string, list []Row, cells func(Row) []string) string {
	if len(list) == 0 {
		return ""
	}
	w := rows{limit: limit}
	w.b.WriteString("| " + strings.Join(heads, " | ") + " |\n" + strings.Repeat("|---", len(heads)) + "|\n")
	for _, r := range list {
		w.add(func() string { return "| " + strings.Join(cells(r), " | ") + " |\n" })
	}
	return w.left(where)
}

// fold hides a block behind a line of ours; a summary is HTML, where Markdown's escapes mean nothing.
func fold(summary, block string) string {
	if block == "" {
		return ""
	}
	return "<details>\n<summary>" + summary + "</summary>\n\n" + strings.Trim(block, "\n") + "\n\n</details>\n"
}
