package review

import "strings"

// rows collects whole rows up to a limit of bytes and says how many were left out.
type rows struct {
	b     strings.Builder
	limit int
	out   int
}

// add adds a row; once one was left out, so are those after it.
func (w *rows) add(row string) {
	if w.out > 0 || w.b.Len()+len(row) > w.limit {
		w.out++
		return
	}
	w.b.WriteString(row)
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
	w.add("| " + strings.Join(heads, " | ") + " |\n" + strings.Repeat("|---", len(heads)) + "|\n")
	for _, r := range list {
		w.add("| " + strings.Join(cells(r), " | ") + " |\n")
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
