//! Pure decisions about pins: what is a change, and what ends a block.

use crate::kernel::secret;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use weighhouse_types::context::sha256_check;
use weighhouse_types::pins::{
    GOLDEN_MAX, Golden, GoldenAnswer, MINUTES, Observation, PROMPT_MAX, PinAlert, PinChange, PinSet,
};
use weighhouse_types::reference::VersionRef;

/// How much of an answer is kept, in characters.
const ANSWER_KEPT: usize = 2000;

/// Checks the form of a watch; gives the place and what is wrong there.
pub(super) fn check(new: &PinSet) -> Result<(), (String, String)> {
    let wrong = |field: String, detail: &str| Err((field, detail.to_owned()));
    if !MINUTES.contains(&new.every_minutes) {
        return wrong("every_minutes".into(), "A watch looks every 5 minutes to 7 days (10,080 minutes).");
    }
    if new.pinned.as_ref().is_some_and(|pinned| pinned.chars().count() > 250) {
        return wrong("pinned".into(), "The name of a provider’s model has at most 250 characters.");
    }
    if new.golden.len() > GOLDEN_MAX {
        return wrong("golden".into(), "A watch has at most 20 golden prompts.");
    }
    let mut names = BTreeSet::new();
    for (n, golden) in new.golden.iter().enumerate() {
        let at = |part: &str| format!("golden[{n}].{part}");
        if golden.name.trim().is_empty() || golden.name.chars().count() > 100 {
            return wrong(at("name"), "A golden prompt’s name has 1 to 100 characters.");
        }
        if !names.insert(golden.name.trim()) {
            return wrong(at("name"), "Two golden prompts have this name.");
        }
        let long = |text: &str| text.len() > PROMPT_MAX;
        if golden.prompt.trim().is_empty() || long(&golden.prompt) {
            return wrong(at("prompt"), "A golden prompt has 1 to 16,384 bytes.");
        }
        if golden.system.as_deref().is_some_and(long) {
            return wrong(at("system"), "A golden prompt’s system message has at most 16,384 bytes.");
        }
        if let Some(expected) = &golden.expected {
            sha256_check(expected).map_err(|e| (at("expected"), e))?;
        }
    }
    Ok(())
}

/// An answer as it is kept: the digest of its words, however they are spaced.
pub(super) fn answer(text: &str, steady: bool) -> GoldenAnswer {
    let words: Vec<&str> = text.split_whitespace().collect();
    let digest = hex::encode(secret::sha256(words.join(" ").as_bytes()));
    GoldenAnswer { digest, text: Some(text.trim().chars().take(ANSWER_KEPT).collect()), steady }
}

/// What of an observation is still about the golden prompts as they are now.
pub(super) fn still(seen: Observation, before: &[Golden], now: &[Golden]) -> Observation {
    let same = |name: &String| now.iter().any(|golden| golden.name == *name && before.contains(golden));
    let answers = seen.answers.into_iter().filter(|(name, _)| same(name)).collect();
    Observation { answers, ..seen }
}

/// The golden prompts that nothing was recorded of.
pub(super) fn unrecorded<'g>(recorded: Option<&Observation>, golden: &'g [Golden]) -> BTreeSet<&'g str> {
    let known = |name: &str| recorded.is_some_and(|recorded| recorded.answers.contains_key(name));
    golden.iter().map(|golden| golden.name.as_str()).filter(|name| !known(name)).collect()
}

/// Adds to what is recorded what was not yet: the identity at the first look,
/// and answers of new golden prompts, or what is expected of them.
pub(super) fn record(recorded: Option<Observation>, seen: &Observation, golden: &[Golden]) -> Observation {
    let identity = recorded.as_ref().map_or(&seen.identity, |recorded| &recorded.identity).clone();
    let mut answers = recorded.map(|recorded| recorded.answers).unwrap_or_default();
    for golden in golden {
        let expected =
            golden.expected.clone().map(|digest| GoldenAnswer { digest, text: None, steady: true });
        if let Some(answer) = expected.or_else(|| seen.answers.get(&golden.name).cloned()) {
            answers.entry(golden.name.clone()).or_insert(answer);
        }
    }
    Observation { identity, answers }
}

/// What is not as it was recorded. An answer that was not the same when asked
/// twice says nothing.
pub(super) fn changes(before: &Observation, after: &Observation) -> Vec<PinChange> {
    let facts = before.identity.facts().into_iter().zip(after.identity.facts());
    let facts = facts.filter(|((_, before), (_, after))| before != after);
    let mut found: Vec<PinChange> =
        facts.map(|((what, before), (_, after))| PinChange { what: what.into(), before, after }).collect();
    for (name, before) in before.answers.iter().filter(|(_, before)| before.steady) {
        let Some(after) = after.answers.get(name).filter(|after| after.digest != before.digest) else {
            continue;
        };
        let said = |answer: &GoldenAnswer| {
            Some(answer.text.clone().unwrap_or_else(|| format!("sha256:{}", answer.digest)))
        };
        found.push(PinChange { what: format!("answer to {name}"), before: said(before), after: said(after) });
    }
    found
}

/// The changes that two looks in a row agree on, with the second look as what
/// is: an answer that differs between them is not steady.
pub(super) fn confirmed(
    before: &Observation,
    first: &Observation,
    second: Observation,
) -> (Vec<PinChange>, Observation) {
    let at_first: BTreeSet<String> = changes(before, first).into_iter().map(|change| change.what).collect();
    let mut agreed = changes(before, &second);
    agreed.retain(|change| at_first.contains(&change.what));
    let merged = |(name, answer): (String, GoldenAnswer)| {
        let twice = first.answers.get(&name).is_some_and(|first| first.digest == answer.digest);
        let was = before.answers.get(&name);
        let as_before = was.filter(|was| was.digest == answer.digest || !was.steady).cloned();
        let answer = as_before.unwrap_or(GoldenAnswer { steady: twice, ..answer });
        (name, answer)
    };
    let answers: BTreeMap<_, _> = second.answers.into_iter().map(merged).collect();
    (agreed, Observation { identity: second.identity, answers })
}

/// A version that pins a provider's model, as far as a block asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub(super) number: u32,
    pub(super) pinned: String,
    pub(super) fingerprint: Option<String>,
    pub(super) registered_at: DateTime<Utc>,
    /// When it was evaluated last, after its registration.
    pub(super) evaluated_at: Option<DateTime<Utc>>,
    pub(super) in_production: bool,
}

/// Whether a version was looked at as the provider is since an alert: it was
/// evaluated after it, or it names the fingerprint that the provider has now.
/// Where the fingerprint did not change, naming it says so only of a version
/// that came after.
pub(super) fn cleared(alert: &PinAlert, version: &Candidate) -> bool {
    let now = alert.after.identity.system_fingerprint.as_ref();
    let names_it = now.is_some() && version.fingerprint.as_ref() == now;
    let tells_apart = alert.before.identity.system_fingerprint.as_ref() != now;
    version.evaluated_at.is_some_and(|at| at > alert.opened_at)
        || (names_it && (tells_apart || version.registered_at > alert.opened_at))
}

/// The version that ends an alert: the one in production where it uses what
/// changed, else any.
pub(super) fn closes<'v>(alert: &PinAlert, versions: &'v [Candidate]) -> Option<&'v Candidate> {
    match versions.iter().find(|version| version.in_production) {
        Some(used) => Some(used).filter(|used| cleared(alert, used)),
        None => versions.iter().find(|version| cleared(alert, version)),
    }
}

/// Why a version is blocked, and what to do.
pub(super) fn why_blocked(alert: &PinAlert, version: &VersionRef) -> String {
    let changes: Vec<_> = alert.changes.iter().take(3).map(ToString::to_string).collect();
    format!(
        "{} serves {} no longer as {version} was tested with it: since {}, {}. Evaluate the version again and \
         attach the evaluation, or register one with what the provider is now; then promote that.",
        alert.endpoint,
        alert.pinned,
        alert.opened_at.format("%Y-%m-%d %H:%M UTC"),
        changes.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use weighhouse_types::pins::Identity;

    fn seen(fingerprint: &str, answers: &[(&str, &str)]) -> Observation {
        let identity = Identity { system_fingerprint: Some(fingerprint.into()), ..Identity::default() };
        let answers = answers.iter().map(|(name, text)| ((*name).to_owned(), answer(text, true))).collect();
        Observation { identity, answers }
    }

    fn golden(name: &str, expected: Option<&str>) -> Golden {
        let expected = expected.map(|text| answer(text, true).digest);
        Golden { name: name.into(), system: None, prompt: "say".into(), expected }
    }

    fn whats(changes: &[PinChange]) -> Vec<&str> {
        changes.iter().map(|change| change.what.as_str()).collect()
    }

    #[test]
    fn blanks_are_no_change_and_words_are() {
        assert_eq!(answer(" a\n b ", true).digest, answer("a b", true).digest);
        let before = seen("1", &[("x", "a b"), ("y", "c")]);
        assert!(changes(&before, &seen("1", &[("x", "a  b\n"), ("y", "c")])).is_empty());
        assert_eq!(
            whats(&changes(&before, &seen("2", &[("x", "a b"), ("y", "d")]))),
            ["system_fingerprint", "answer to y"]
        );
        let mut unsteady = before;
        unsteady.answers.get_mut("y").unwrap().steady = false;
        assert!(changes(&unsteady, &seen("1", &[("x", "a b"), ("y", "d")])).is_empty());
    }

    #[test]
    fn a_change_is_one_when_it_is_seen_twice() {
        let before = seen("1", &[("x", "a"), ("y", "b")]);
        let (none, _) =
            confirmed(&before, &seen("2", &[("x", "z"), ("y", "b")]), seen("1", &[("x", "a"), ("y", "b")]));
        assert!(none.is_empty(), "{none:?}");
        let (both, now) =
            confirmed(&before, &seen("2", &[("x", "z"), ("y", "c")]), seen("2", &[("x", "z"), ("y", "d")]));
        assert_eq!(whats(&both), ["system_fingerprint", "answer to x", "answer to y"]);
        assert!(now.answers["x"].steady && !now.answers["y"].steady);
    }

    #[test]
    fn what_is_recorded_stays_and_what_is_new_is_added() {
        let all = [golden("x", None), golden("y", Some("wanted"))];
        let first = record(None, &seen("1", &[("x", "a"), ("y", "b")]), &all);
        assert_eq!(whats(&changes(&first, &seen("1", &[("x", "a"), ("y", "b")]))), ["answer to y"]);
        assert!(changes(&first, &seen("1", &[("x", "a"), ("y", "wanted")])).is_empty());
        let more = [golden("x", None), golden("z", None)];
        let kept = still(first, &all, &more);
        assert_eq!(unrecorded(Some(&kept), &more).into_iter().collect::<Vec<_>>(), ["z"]);
        let then = record(Some(kept), &seen("2", &[("x", "other"), ("z", "c")]), &more);
        assert_eq!(
            whats(&changes(&then, &seen("2", &[("x", "other"), ("z", "c")]))),
            ["system_fingerprint", "answer to x"]
        );
    }

    fn moment(hour: u32) -> DateTime<Utc> {
        format!("2026-03-15T{hour:02}:00:00Z").parse().unwrap()
    }

    fn alert(before: &str, after: &str) -> PinAlert {
        PinAlert {
            id: Uuid::nil().into(),
            model: "north/claims/sums".parse().unwrap(),
            pinned: "m".into(),
            endpoint: "https://a.example".into(),
            opened_at: moment(12),
            changes: changes(&seen(before, &[]), &seen(after, &[])),
            before: seen(before, &[]),
            after: seen(after, &[]),
            closed: None,
        }
    }

    #[test]
    fn what_ends_a_block() {
        let version = |fingerprint: Option<&str>, registered: u32, evaluated: Option<u32>| Candidate {
            number: 1,
            pinned: "m".into(),
            fingerprint: fingerprint.map(Into::into),
            registered_at: moment(registered),
            evaluated_at: evaluated.map(moment),
            in_production: false,
        };
        for (alert, version, expected) in [
            (alert("1", "2"), version(None, 9, None), false),
            (alert("1", "2"), version(None, 9, Some(11)), false),
            (alert("1", "2"), version(None, 9, Some(13)), true),
            (alert("1", "2"), version(None, 13, None), false),
            (alert("1", "2"), version(Some("1"), 13, None), false),
            (alert("1", "2"), version(Some("2"), 13, None), true),
            (alert("1", "2"), version(Some("2"), 9, None), true),
            // The answers changed, the fingerprint did not.
            (alert("1", "1"), version(Some("1"), 9, None), false),
            (alert("1", "1"), version(Some("1"), 13, None), true),
        ] {
            assert_eq!(cleared(&alert, &version), expected, "{version:?}");
        }
        let used = Candidate { number: 2, in_production: true, ..version(None, 9, None) };
        let evaluated = version(None, 9, Some(13));
        let alert = alert("1", "2");
        assert_eq!(closes(&alert, &[evaluated.clone(), used.clone()]), None);
        assert_eq!(closes(&alert, std::slice::from_ref(&evaluated)), Some(&evaluated));
        let used = Candidate { evaluated_at: Some(moment(14)), ..used };
        assert_eq!(closes(&alert, &[evaluated, used.clone()]), Some(&used));
    }
}
