package backlog

import (
	"github.com/keysweep/keysweep/report"
)

// Files is the backlog without GitHub: one Markdown file an issue, named by severity and
// finding, "high-0123456789abcdef.md", with the very body that an issue would have under its
// title. It is made by the same plan, over no existing issues and without a cap: the cap is
// there to spare people a flood of notifications and GitHub its limits, and a folder knows
// neither. The caller who shows that plan calls Plan with NoCap too.
func Files(in Input) map[string][]byte {
	in.Issues, in.MaxNew = nil, NoCap
	titles := make(map[string]string, len(in.Findings))
	for i := range in.Findings {
		titles[in.Findings[i].ID] = in.Findings[i].Title
	}
	out := map[string][]byte{}
	for _, a := range Plan(in).Actions {
		if a.Kind != Create {
			continue
		}
		b := splitBody(a.Body)
		b.before = "# " + report.Text(titles[a.FindingID]) + "\n\n"
		name := string(b.record.Severity) + "-" + a.FindingID + ".md"
		out[name] = []byte(b.String() + "\n")
	}
	return out
}
