package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// leakPlaces is how many places a finding names; the report of the scan has them all.
const leakPlaces = 5

const idLeakedAccessKey = "leaked-access-key"

var leakedAccessKey = &Check{
	ID: idLeakedAccessKey, Title: "Access key is leaked",
	Severity: Critical, Horizon: Immediate, Kind: SubjectAccessKey, Rank: 10,
	Needs: []inventory.Fact{inventory.FactLeaks},
	live:  true,
	Finds: "a key of the inventory that `scan` found in code, logs or artifacts: critical when active, high when its status is unknown, medium when inactive",
	Why: "Whoever can read the place can use the key, from anywhere, and nobody notices. What was published once stays known: " +
		"clones, forks, caches and logs keep it after it was taken out. Only the end of the key ends that.",
	Controls: controlsExposed,
	Holds:    func(s *Subject) bool { return len(s.leaks[s.Key.ID]) > 0 },
	Notes:    leakNotes,
	Steps:    leakSteps,
	grade:    leakSeverity,
	unsure: func(s *Subject) string {
		if s.Key.ID == "" {
			return "the id of the key is not known"
		}
		return ""
	},
	lasting:  "what was published stays known, and a scan that does not see it proves nothing: only the end of the key does",
	headline: func(s *Subject) string { return keyHeadline(s, " is leaked") },
	replace:  replaceLeaked,
}

// leaksOf are the places where keys of an account were found, by key.
func leaksOf(a *inventory.Account) map[string][]inventory.Leak {
	if a.Leaks == nil {
		return nil
	}
	out := map[string][]inventory.Leak{}
	for _, l := range a.Leaks.Found {
		out[l.KeyID] = append(out[l.KeyID], l)
	}
	return out
}

// statusKnown reports whether the facts say if the key is active.
func (s *Subject) statusKnown() bool {
	_, missing := s.lacks(inventory.FactAccessKeys)
	return !missing
}

func leakSeverity(s *Subject) Severity {
	switch {
	case !s.statusKnown():
		return High
	case s.Key.Active:
		return Critical
	}
	return Medium
}

func replaceLeaked(s *Subject) Replacement {
	switch {
	case !s.Key.Active && s.statusKnown():
		return deleteInactive
	case s.unusedKey(s.Key):
		return deleteUnused
	}
	return replaceUsedKey(s)
}

// leakNotes name the first places, and how many more there are.
func leakNotes(s *Subject) []string {
	places := slices.Clone(s.leaks[s.Key.ID])
	slices.SortFunc(places, inventory.CompareLeaks)
	var out []string
	if !s.statusKnown() {
		out = append(out, "Whether the key is active is not known: the facts do not say.")
	}
	secret := false
	for i, l := range places {
		secret = secret || l.SecretNearby
		if i < leakPlaces {
			out = append(out, "Found "+leakPlace(l)+".")
		}
	}
	switch more := len(places) - leakPlaces; {
	case more == 1:
		out = append(out, "Found in one more place, which the report of the scan names.")
	case more > 1:
		out = append(out, "Found in "+strconv.Itoa(more)+" more places, which the report of the scan names.")
	}
	if secret {
		out = append(out, "What looks like its secret key stands beside it.")
	}
	return out
}

// leakPlace says where a key stands: "in `deploy.env`, line 3, commit `0a1b2c3d4e5f`".
func leakPlace(l inventory.Leak) string {
	path := codeWord(l.Path)
	out := map[string]string{
		"file": "in " + path, "commit": "in the history of " + path, "stash": "in the stash, in " + path,
		"tag": "in the words of tag " + path, "ref": "in the name of " + path, "name": "in the file name " + path,
		"message": "in the message of a commit", "note": "in a note, " + path, "dangling": "in what no branch leads to any more",
	}[l.Where]
	switch {
	case out == "":
		out = "in " + path
	case l.Where == "message" && l.Path != "", l.Where == "dangling" && l.Path != "":
		out += ", " + path
	}
	for _, name := range l.Inside {
		out += ", inside it " + codeWord(name)
	}
	if l.Line > 0 {
		out += ", line " + strconv.Itoa(l.Line)
	}
	if l.Commit != "" {
		out += ", commit " + codeWord(l.Commit[:min(12, len(l.Commit))])
	}
	return out
}

// codeWordLimit is how much of a path a sentence shows, in characters: its end tells most.
const codeWordLimit = 120

// codeWord is a name from outside as code within a sentence. Backticks, which would end it, are
// shown as quotes.
func codeWord(s string) string {
	s = strings.ReplaceAll(oneLine(strings.ToValidUTF8(s, "�")), "`", "'")
	if r := []rune(s); len(r) > codeWordLimit {
		s = "…" + string(r[len(r)-codeWordLimit+1:])
	}
	if strings.TrimSpace(s) == "" {
		return "`?`"
	}
	return "`" + s + "`"
}

func leakSteps(s *Subject) []Step {
	var steps []Step
	if s.Key.Active || !s.statusKnown() {
		now := "Deactivate the key now, before anything else: until then whoever has seen it can use it."
		if s.traits.ses {
			now += " The mail that is sent with it stops: SES derives the SMTP password from this key."
		}
		steps = append(steps, Step{
			Text:    setKey(now+" To undo: ", s.User.Name, s.Key, "Active"),
			Command: setKey("", s.User.Name, s.Key, "Inactive"),
		})
	}
	steps = append(
		steps,
		trailOfKey("See in CloudTrail what was done with the key, in each region in use, 90 days back. Never try the key itself to see whether it works.", s.Key.ID),
		Step{Text: textLeftBehind},
		Step{Text: "Give what needs access its replacement, and nowhere a new key in the place of this one: it would leak the same way."},
	)
	if s.Key.Active && !s.unusedKey(s.Key) {
		steps = append(steps, moveSteps(s)...)
	}
	return append(steps, deleteKey(s.User.Name, s.Key), Step{Text: textTakeOut})
}

const textTakeOut = "Take the key out of the places above, last and not first. Out of the history of a repository `git filter-repo --replace-text` takes it, and everybody has to clone anew. " +
	"Forks, clones, pull requests, caches, logs and packages keep their copies, so the key counts as known for ever."

// shortestName is the shortest name of a user that is looked for in a path: any path holds the
// letters of a shorter one.
const shortestName = 4

// hiddenLeaks are the places of the subject's key under its shown id, with what their names hold of
// true ids and of the user hidden too.
func hiddenLeaks(s *Subject, d *Display) map[string][]inventory.Leak {
	key, shown := s.Key.ID, showID(d, s.Key.ID)
	pairs := []string{key, shown, strings.ToLower(key), shown, s.Account.ID, d.Account(s.Account.ID)}
	if len(s.User.Name) >= shortestName {
		id, _ := s.userIdentity()
		pairs = append(pairs, s.User.Name, d.User(id, s.User.Name))
	}
	hide := strings.NewReplacer(pairs...)
	out := slices.Clone(s.leaks[key])
	for i := range out {
		l := &out[i]
		l.KeyID, l.Path, l.Inside = shown, hide.Replace(l.Path), slices.Clone(l.Inside)
		for n := range l.Inside {
			l.Inside[n] = hide.Replace(l.Inside[n])
		}
	}
	return map[string][]inventory.Leak{shown: out}
}
