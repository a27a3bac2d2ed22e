package report

import (
	"time"

	"github.com/keysweep/keysweep/checks"
)

// CommentClosed is the last comment before an issue closes: the proof that what it was about is gone.
func CommentClosed(proof string) string {
	return "**Done.** " + Prose(proof) + "\n\nNothing is left to do here."
}

// CommentReopened says why an issue is open again.
func CommentReopened(f *checks.Finding, why string) string {
	return "**Open again:** " + Prose(why) + "\n\nFound now: " + Prose(f.Title) + " (severity **" +
		Text(string(f.Severity)) + "**). The description of this issue says what to do."
}

// CommentChanged says that the finding moved on to another check or severity.
func CommentChanged(f *checks.Finding, oldCheck string, oldSeverity checks.Severity) string {
	var text string
	if f.Check != oldCheck {
		text = "**This moved on:** it was " + Code(oldCheck) + " and is now " + Code(f.Check) + ": " + Prose(f.Title) + "\n\n"
	}
	if f.Severity != oldSeverity {
		text += "Severity is now **" + Text(string(f.Severity)) + "**; it was " + Text(string(oldSeverity)) + "."
		if f.Evidence.Administrator != "" {
			text += " The user is an administrator (" + Text(f.Evidence.Administrator) + ")."
		}
		text += "\n\n"
	}
	return text + "The description of this issue says what to do now."
}

// CommentUsedAgain warns that a key which was found unused is in use: when (RFC 3339), by
// which service and region, and from where. Parts that are not known are empty.
func CommentUsedAgain(when, service, region, from string) string {
	text := "**This key was used again** on " + minuteCell(when)
	if service != "" {
		text += ", service " + Code(service)
	}
	if region != "" {
		text += ", region " + Code(region)
	}
	if from != "" {
		text += ", from " + Code(from)
	}
	return text + ".\n\nDo not delete it before you know what uses it."
}

// CommentPolicy says that the policy, not the account, is why an issue closes.
func CommentPolicy(why string) string {
	return "**Closed by policy:** " + Prose(why) +
		"\n\nThis is no proof that anything changed in AWS. The issue opens again when the policy asks for it again."
}

// CommentAccepted says that a finding is accepted, why and until which day (2027-03-31).
func CommentAccepted(reason, until string) string {
	return "**Accepted until " + Text(until) + "** (that day included): " + Prose(reason) +
		"\n\nUntil then this stands outside the counts. The credential itself is as it was."
}

// CommentAcceptanceEnds announces the last day of an acceptance.
func CommentAcceptanceEnds(until string) string {
	return "**The acceptance of this ends on " + Text(until) + ".** Remove the credential by then, or, with write access, " +
		"accept it anew with a comment: `/keysweep accept until=YYYY-MM-DD reason=…`."
}

// CommentAcceptanceOver says that an acceptance has ended and the finding counts again.
func CommentAcceptanceOver(f *checks.Finding) string {
	return "**The acceptance is over** and this is still there: " + Prose(f.Title) + " (severity **" +
		Text(string(f.Severity)) + "**).\n\nThe description of this issue says what to do."
}

// minuteCell shows an RFC 3339 time to the minute, in UTC.
func minuteCell(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return Text(rfc3339)
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}
