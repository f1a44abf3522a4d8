//! Pure decisions about what has expired.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use weighhouse_types::reference::ModelRef;
use weighhouse_types::versions::Stage;

/// How long a change of the policy can be taken back before sweeps follow it.
const WAITING: Duration = Duration::days(1);

/// What explains why something is gone is kept for ten years at least, however
/// short the term of other events.
const EXPLAINING_DAYS: u32 = 3653;

/// The events that explain it.
const EXPLAINING: &[&str] = &[
    "retention.set",
    "retention.swept",
    "payload.redacted",
    "artifact.swept",
    "artifact.restored",
    "mails.swept",
    "sessions.swept",
    "blobs.collected",
    "hold.placed",
    "hold.lift-asked",
    "hold.lift-withdrawn",
    "hold.lifted",
];

/// From when sweeps follow a policy; nothing is swept in between, by the old
/// one neither.
pub(super) fn effective_at(set_at: DateTime<Utc>) -> DateTime<Utc> {
    set_at + WAITING
}

/// When the next sweep comes that follows the policy.
pub(super) fn next_sweep(
    set_at: DateTime<Utc>,
    scheduled: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    effective_at(set_at).max(scheduled.unwrap_or(now)).max(now)
}

/// Everything that decides, but for the thing itself.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) days: u32,
    pub(super) now: DateTime<Utc>,
    /// Models under a hold.
    pub(super) held: Vec<ModelRef>,
}

impl Term {
    /// What is older than this has expired.
    pub(super) fn cutoff(&self) -> DateTime<Utc> {
        before(self.now, self.days)
    }

    pub(super) fn is_over(&self, since: DateTime<Utc>) -> bool {
        since < self.cutoff()
    }

    fn holds(&self, model: &ModelRef) -> bool {
        self.held.contains(model)
    }

    /// Whether a text names a model under a hold, or one of its versions.
    fn holds_text(&self, text: &str) -> bool {
        // A name may go on with nearly anything; what might be it is held.
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
        self.held.iter().map(ToString::to_string).any(|name| {
            let mut found = text.match_indices(&name);
            found.any(|(at, name)| text.get(at + name.len()..).is_some_and(ends))
        })
    }
}

fn before(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now - Duration::days(days.into())
}

/// An audit entry whose payload is there.
pub(super) struct Payload<'a> {
    pub(super) event: &'a str,
    pub(super) at: DateTime<Utc>,
    /// Canonical JSON.
    pub(super) payload: &'a str,
}

/// Whether a payload has expired. One that names a model under a hold has not.
pub(super) fn payload_is_due(term: &Term, entry: &Payload<'_>) -> bool {
    let days = if EXPLAINING.contains(&entry.event) { term.days.max(EXPLAINING_DAYS) } else { term.days };
    if entry.at >= before(term.now, days) {
        return false;
    }
    if term.held.is_empty() {
        return true;
    }
    // What cannot be read might be about anything.
    serde_json::from_str::<Value>(entry.payload).is_ok_and(|payload| !names_held(term, &payload))
}

fn names_held(term: &Term, value: &Value) -> bool {
    match value {
        Value::String(text) => term.holds_text(text),
        Value::Array(items) => items.iter().any(|item| names_held(term, item)),
        Value::Object(fields) => fields.values().any(|field| names_held(term, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the record of a mail that was sent has expired.
pub(super) fn mail_is_due(term: &Term, sent_at: DateTime<Utc>, subject: &str) -> bool {
    term.is_over(sent_at) && !term.holds_text(subject)
}

/// A session that has ended, and the person whose it was.
pub(super) struct Ended<'a> {
    pub(super) at: DateTime<Utc>,
    /// Whether the person works at an agency.
    pub(super) staff: bool,
    /// Whether a hold covers one of the person's tenants as a whole.
    pub(super) held: bool,
    /// The terms of all the person's tenants; absent: for ever.
    pub(super) terms: &'a [Option<u32>],
}

/// Whether a session's record has expired. It belongs to a login, not to a
/// tenant: that of an agency's staff is nobody's client's to remove, and where
/// a person belongs to several clients the longest term counts.
pub(super) fn session_is_due(now: DateTime<Utc>, session: &Ended<'_>) -> bool {
    let longest = session.terms.iter().copied().collect::<Option<Vec<u32>>>();
    let longest = longest.and_then(|terms| terms.into_iter().max());
    !session.staff && !session.held && longest.is_some_and(|days| session.at < before(now, days))
}

/// A version whose files are there.
pub(super) struct Artifact<'a> {
    pub(super) model: &'a ModelRef,
    pub(super) stage: Stage,
    /// Since when it is in its stage, or has its files back.
    pub(super) since: DateTime<Utc>,
    pub(super) open_request: bool,
    /// Whether a rollback now would restore it.
    pub(super) rollback_target: bool,
}

/// Whether a version's files have expired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    NotYet,
    Due,
    /// They would be, and stay.
    Kept(&'static str),
}

/// Decides about a version's files under the term of its stage.
pub(super) fn artifact(term: &Term, version: &Artifact<'_>) -> Verdict {
    match version.stage {
        Stage::Development | Stage::Staging | Stage::Production => Verdict::NotYet,
        Stage::Archived | Stage::Retired if !term.is_over(version.since) => Verdict::NotYet,
        Stage::Archived | Stage::Retired if term.holds(version.model) => Verdict::Kept("under a legal hold"),
        Stage::Archived | Stage::Retired if version.open_request => {
            Verdict::Kept("a request to promote it is open")
        }
        Stage::Archived | Stage::Retired if version.rollback_target => {
            Verdict::Kept("a rollback would restore it")
        }
        Stage::Archived | Stage::Retired => Verdict::Due,
    }
}

/// Numbers in ascending order as runs: first and last of each.
pub(super) fn runs(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2033-06-01T12:00:00Z".parse().unwrap()
    }

    fn ago(days: i64) -> DateTime<Utc> {
        now() - Duration::days(days)
    }

    fn fraud() -> ModelRef {
        "north/claims/fraud".parse().unwrap()
    }

    fn term(days: u32, held: &[ModelRef]) -> Term {
        Term { days, now: now(), held: held.to_vec() }
    }

    #[test]
    fn a_policy_waits_a_day_and_for_the_schedule() {
        let hour = Duration::hours(1);
        for (set, scheduled, expected) in [
            (now(), Some(now() + hour), now() + Duration::days(1)),
            (ago(30), Some(now() + hour), now() + hour),
            // Late, or no worker has said yet: at any moment.
            (ago(30), Some(now() - hour), now()),
            (ago(30), None, now()),
        ] {
            assert_eq!(next_sweep(set, scheduled, now()), expected);
        }
    }

    #[test]
    fn what_the_platform_needs_is_never_due() {
        let model = fraud();
        for stage in [Stage::Development, Stage::Staging, Stage::Production] {
            let version = Artifact {
                model: &model,
                stage,
                since: ago(9999),
                open_request: false,
                rollback_target: false,
            };
            assert_eq!(artifact(&term(30, &[]), &version), Verdict::NotYet, "{stage}");
        }
    }

    #[test]
    fn files_of_archived_and_retired_versions_expire() {
        let (model, held) = (fraud(), [fraud()]);
        for (age, open_request, rollback_target, holds, expected) in [
            (29, false, false, false, Verdict::NotYet),
            (30, false, false, false, Verdict::NotYet),
            (31, false, false, false, Verdict::Due),
            (31, true, false, false, Verdict::Kept("a request to promote it is open")),
            (31, false, true, false, Verdict::Kept("a rollback would restore it")),
            (31, false, false, true, Verdict::Kept("under a legal hold")),
            (31, true, true, true, Verdict::Kept("under a legal hold")),
            (29, false, false, true, Verdict::NotYet),
        ] {
            for stage in [Stage::Archived, Stage::Retired] {
                let version =
                    Artifact { model: &model, stage, since: ago(age), open_request, rollback_target };
                let term = term(30, if holds { &held } else { &[] });
                assert_eq!(artifact(&term, &version), expected, "{age} days in {stage}");
            }
        }
    }

    #[test]
    fn payloads_expire_but_for_what_explains_and_what_is_held() {
        let held = [fraud()];
        for (event, age, payload, holds, due) in [
            ("version.registered", 30, r#"{"version":"north/claims/fraud@1"}"#, false, false),
            ("version.registered", 31, r#"{"version":"north/claims/fraud@1"}"#, false, true),
            ("version.registered", 31, r#"{"version":"north/claims/fraud@1"}"#, true, false),
            ("model.created", 31, r#"{"model":"north/claims/fraud"}"#, true, false),
            ("model.created", 31, r#"{"model":"north/claims/fraud-2"}"#, true, true),
            ("production.rolled-back", 31, r#"{"to":{"deep":["north/claims/fraud@12"]}}"#, true, false),
            ("member.removed", 31, r#"{"email":"a@b.example"}"#, true, true),
            ("member.removed", 31, "not JSON", true, false),
            ("payload.redacted", 31, "{}", false, false),
            ("hold.placed", 3652, "{}", false, false),
            ("hold.placed", 3654, "{}", false, true),
        ] {
            let entry = Payload { event, at: ago(age), payload };
            let term = term(30, if holds { &held } else { &[] });
            assert_eq!(payload_is_due(&term, &entry), due, "{event} {age} {payload}");
        }
        let entry = Payload { event: "hold.placed", at: ago(3654), payload: "{}" };
        assert!(!payload_is_due(&term(7000, &[]), &entry), "the policy's term where that is longer");
    }

    #[test]
    fn a_name_with_blanks_is_found_in_a_subject() {
        let scorer: ModelRef = "north/claims/Fraud scorer".parse().unwrap();
        let term = term(30, &[scorer, fraud()]);
        for (subject, due) in [
            ("Approval needed: north/claims/fraud@3 to production", false),
            ("Approval needed: north/claims/Fraud scorer@3 to production", false),
            ("Approval needed: north/claims/fraudulent@3 to production", true),
            ("Ann invites you to North on Weighhouse", true),
        ] {
            assert_eq!(mail_is_due(&term, ago(31), subject), due, "{subject}");
        }
        assert!(!mail_is_due(&term, ago(29), "Ann invites you to North on Weighhouse"));
    }

    #[test]
    fn sessions_expire_by_the_longest_term() {
        for (age, staff, held, terms, due) in [
            (31, false, false, &[Some(30)][..], true),
            (30, false, false, &[Some(30)], false),
            (31, true, false, &[Some(30)], false),
            (31, false, true, &[Some(30)], false),
            (31, false, false, &[Some(30), Some(90)], false),
            (91, false, false, &[Some(30), Some(90)], true),
            (9999, false, false, &[Some(30), None], false),
            (9999, false, false, &[], false),
        ] {
            let session = Ended { at: ago(age), staff, held, terms };
            assert_eq!(session_is_due(now(), &session), due, "{age} {staff} {held} {terms:?}");
        }
    }

    #[test]
    fn numbers_are_told_in_runs() {
        assert_eq!(runs([]), []);
        assert_eq!(runs([0, 1, 2, 5, 7, 8]), [(0, 2), (5, 5), (7, 8)]);
    }
}
