package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// The names of the links, by which others wait for them.
const (
	linkPolicy     = "policy file"
	linkToken      = "GitHub token"
	linkRepository = "repository"
	linkVisibility = "visibility"
	linkIssues     = "issues"
	linkWrite      = "issues: write"
)

const filesInstead = "an audit writes the backlog into the report folder"

func (f Facts) policyLink() Link {
	p := f.Policy
	switch p.State {
	case PolicyValid:
		return ok(linkPolicy, "%s is valid", p.Path)
	case PolicyAbsent:
		return ok(linkPolicy, "there is no %s: the defaults hold", p.Path)
	case PolicyNeeded:
		l := missing(linkPolicy, fmt.Sprintf("config names %s, which does not exist", p.Path),
			do("commit the file, correct the path, or leave config out to go by the defaults"))
		l.Input = true
		return l
	case PolicyInvalid:
		l := missing(linkPolicy, fmt.Sprintf("%s has %s", p.Path, plural(len(p.Faults), "fault")), do("mend the lines named above"))
		l.Info, l.Input = p.Faults, true
		return l
	}
	return f.unreadPolicy()
}

func (f Facts) unreadPolicy() Link {
	fault := f.Policy.Fault
	switch fault.Kind {
	case BadToken:
		return waits(linkPolicy, linkToken)
	case NotPermitted:
		return missing(linkPolicy, fmt.Sprintf("the token may not read %s, and there is no checkout", f.Policy.Path), jobPermission(need(fault, "contents: read")))
	}
	l := faulty(linkPolicy, fault)
	if l.Input = f.Policy.Input; l.Input {
		l.State = Missing
	}
	return l
}

// need is the permission that GitHub names, or the one that is known to be needed.
func need(f *Fault, otherwise string) string {
	if f.Need != "" {
		return f.Need
	}
	return otherwise
}

func (f Facts) tokenLink() Link {
	g := f.GitHub
	switch {
	case !g.Token && !g.OnRunner && g.Repository == "":
		return skip(linkToken, "neither a token nor a repository is given: %s", filesInstead)
	case !g.Token && g.OnRunner:
		return missing(linkToken, "github-token is empty", do("leave github-token out, or give it the job's own", "github-token: ${{ github.token }}"))
	case !g.Token:
		return missing(linkToken, "github-token is empty", do("give a token that may write issues in "+g.Repository, `--github-token "$(gh auth token)"`))
	case g.Fault != nil && g.Fault.Kind == BadToken:
		return missing(linkToken, "GitHub does not know the token: it is wrong or has expired", do("give a fresh one, or the job's own", "github-token: ${{ github.token }}"))
	case g.Read || g.Fault != nil && g.Fault.Kind != Broken:
		return ok(linkToken, "there is one, and GitHub takes it")
	}
	return ok(linkToken, "there is one, not tried yet")
}

func (f Facts) repositoryLink() Link {
	g := f.GitHub
	switch {
	case g.Repository == "":
		return skip(linkRepository, "issues-repository is empty: %s", filesInstead)
	case !g.Token || g.Fault != nil && g.Fault.Kind == BadToken:
		return waits(linkRepository, linkToken)
	case g.Read:
		return ok(linkRepository, "%s can be read", g.Repository)
	}
	cause := fmt.Sprintf("%s does not exist, or the token may not see it", g.Repository)
	correct := do("correct issues-repository", "issues-repository: OWNER/NAME")
	switch {
	case g.Fault.Kind == NotFound && g.Named:
		return missing(linkRepository, cause, correct, do("a job's own token reaches its own repository alone: "+
			"give github-token that of a GitHub App, or of a person, with issues: write there"))
	case g.Fault.Kind == NotFound:
		return missing(linkRepository, cause, jobPermission("contents: read"), correct)
	case g.Fault.Kind == NotPermitted:
		return missing(linkRepository, fmt.Sprintf("the token may not read %s", g.Repository), jobPermission(need(g.Fault, "contents: read")))
	}
	return faulty(linkRepository, g.Fault)
}

// noRepository is the link that the following ones wait for.
func (f Facts) noRepository() string {
	if l := f.tokenLink(); l.Bad() {
		return linkToken
	}
	return linkRepository
}

func (f Facts) visibilityLink() Link {
	g := f.GitHub
	open := slices.DeleteFunc(slices.Clone(g.Visibility), func(v Visibility) bool { return v.Word == "private" || v.Word == "internal" })
	switch {
	case len(open) > 0 && g.AllowPublic:
		return ok(linkVisibility, "%s, which allow-public permits: account ids, user names and key ids are redacted", openWords(open))
	case len(open) > 0 && (g.Read || isPublic(open)):
		return missing(linkVisibility, openWords(open)+": an audit refuses to write where strangers read",
			do("keep the workflow and the issues in a private repository", "issues-repository: OWNER/PRIVATE-NAME"),
			do("publish the findings, with account ids, user names and key ids redacted", "allow-public: true"))
	case g.Repository == "":
		return skip(linkVisibility, "not needed without a repository")
	case !g.Read:
		return waits(linkVisibility, f.noRepository())
	}
	var words []string
	for _, v := range g.Visibility {
		words = append(words, v.Repository+" is "+v.Word)
	}
	return ok(linkVisibility, "%s", strings.Join(words, ", "))
}

func isPublic(open []Visibility) bool {
	return slices.ContainsFunc(open, func(v Visibility) bool { return v.Word == "public" })
}

func openWords(open []Visibility) string {
	var words []string
	for _, v := range open {
		if v.Word == "public" {
			words = append(words, v.Repository+" is public")
		} else {
			words = append(words, "whether "+v.Repository+" is public cannot be told")
		}
	}
	return strings.Join(words, ", ")
}

func (f Facts) issuesLink() Link {
	g := f.GitHub
	another := do("keep the issues elsewhere", "issues-repository: OWNER/NAME")
	switch {
	case g.Repository == "":
		return skip(linkIssues, "not needed without a repository")
	case !g.Read:
		return waits(linkIssues, f.noRepository())
	case g.Archived:
		return missing(linkIssues, fmt.Sprintf("%s is archived: nothing can be written there", g.Repository), do("unarchive it", "gh repo unarchive "+g.Repository), another)
	case !g.HasIssues:
		return missing(linkIssues, fmt.Sprintf("issues are switched off in %s", g.Repository),
			do("switch them on in the repository's settings, under Features", "gh repo edit "+g.Repository+" --enable-issues"), another)
	}
	return ok(linkIssues, "they are switched on in %s", g.Repository)
}

func (f Facts) writeLink() Link {
	g := f.GitHub
	earlier := f.issuesLink()
	switch {
	case g.Repository == "":
		return skip(linkWrite, "not needed without a repository")
	case !g.Read:
		return waits(linkWrite, f.noRepository())
	case earlier.Bad():
		return waits(linkWrite, linkIssues)
	case g.Write == nil && g.Labels == nil:
		return ok(linkWrite, "the token may write issues and labels in %s", g.Repository)
	case g.Write != nil:
		return f.noWrite(g.Write)
	case g.Labels.Kind == NotFound:
		return missing(linkWrite, "the token's owner may open issues and not label them, so that no run would find them again",
			do(fmt.Sprintf("give the token's owner the role write in %s, or give another token", g.Repository)))
	}
	return f.noWrite(g.Labels)
}

// fromFork is for a job that GitHub gives no rights, whatever it asks for.
var fromFork = do("where a pull request from a fork started the job, run it on schedule or workflow_dispatch: such a job gets no rights")

func (f Facts) noWrite(fault *Fault) Link {
	if fault.Kind != NotPermitted && fault.Kind != NotFound {
		return faulty(linkWrite, fault)
	}
	cause := fmt.Sprintf("the token may not write issues in %s", f.GitHub.Repository)
	if f.GitHub.Named {
		return missing(linkWrite, cause, do("give github-token that of a GitHub App, or of a person, with issues: write there; permissions of the job reach its own repository alone"))
	}
	return missing(linkWrite, cause, jobPermission(need(fault, "issues: write")),
		fromFork)
}
