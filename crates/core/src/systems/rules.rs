//! Pure decisions about systems.

use std::collections::HashMap;
use weighhouse_types::systems::{Known, Verdict};

/// The most versions that a system may hold, through systems in it too.
pub(super) const PARTS_MAX: usize = 500;

/// A version as these decisions see it: its id, its model's, and its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Held<Id> {
    pub(super) version: Id,
    pub(super) model: Id,
    /// `project/model@N`.
    pub(super) name: String,
}

/// Why versions cannot be one system, and by which role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) role: String,
    pub(super) detail: String,
}

/// Whether versions can be one system: none of them holds a version of the
/// system itself, and no model is there in two versions, since only one can be
/// in production. `held` gives what a system version holds directly.
pub(super) fn may_hold<Id: Copy + Eq + std::hash::Hash>(
    system: (Id, &str),
    direct: &[(String, Held<Id>)],
    held: &HashMap<Id, Vec<Held<Id>>>,
) -> Result<(), Refused> {
    let mut found: HashMap<Id, (Id, String)> = HashMap::new();
    let mut open: Vec<(&str, &Held<Id>, String)> =
        direct.iter().rev().map(|(role, part)| (role.as_str(), part, part.name.clone())).collect();
    while let Some((role, part, way)) = open.pop() {
        let refused = |detail: String| Err(Refused { role: role.to_owned(), detail });
        if part.model == system.0 {
            let name = system.1;
            return refused(format!(
                "leads back to the system itself: {name} → {way}. A system cannot hold a version of its own"
            ));
        }
        if found.len() >= PARTS_MAX {
            return refused(format!("makes more than {PARTS_MAX} versions, the most that a system may hold"));
        }
        match found.get(&part.model) {
            Some((version, _)) if *version == part.version => continue,
            Some((_, first)) => {
                return refused(format!(
                    "brings two versions of one model, and only one can be in production: {first}, and {way}"
                ));
            }
            None => drop(found.insert(part.model, (part.version, way.clone()))),
        }
        for inner in held.get(&part.version).into_iter().flatten().rev() {
            open.push((role, inner, format!("{way} → {}", inner.name)));
        }
    }
    Ok(())
}

/// What is known of a version and one that it would stand beside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    /// What the other version is called.
    pub(super) with: String,
    /// The latest that somebody said, and who.
    pub(super) said: Option<(Verdict, String)>,
    /// Whether both were in production together, and it did not end in a rollback.
    pub(super) observed: bool,
}

impl Pair {
    pub(super) fn known(&self) -> Known {
        match self.said {
            Some((Verdict::Compatible, _)) => Known::Compatible,
            Some((Verdict::Incompatible, _)) => Known::Incompatible,
            None if self.observed => Known::Observed,
            None => Known::Unknown,
        }
    }
}

/// What is known of a system with a version in place of what it holds, and on
/// what that rests. What was said of the system itself decides; else the
/// version must be known to work with everything beside it.
pub(super) fn replacement(whole: &Pair, beside: &[Pair]) -> (Known, String) {
    if let Some((verdict, by)) = &whole.said {
        let known = if *verdict == Verdict::Compatible { Known::Compatible } else { Known::Incompatible };
        return (known, format!("{by} said so of the system"));
    }
    let rests = |known: Known| {
        let pairs = beside.iter().filter(move |pair| pair.known() == known);
        pairs
            .map(|pair| match &pair.said {
                Some((_, by)) => format!("{by} said so of {}", pair.with),
                None if pair.observed => format!("in production together with {}", pair.with),
                None => pair.with.clone(),
            })
            .collect::<Vec<_>>()
    };
    let (bad, unknown) = (rests(Known::Incompatible), rests(Known::Unknown));
    if !bad.is_empty() {
        return (Known::Incompatible, bad.join("; "));
    }
    if beside.is_empty() || !unknown.is_empty() {
        let of = if unknown.is_empty() { whole.with.clone() } else { unknown.join(" and ") };
        return (Known::Unknown, format!("nobody said so, and it was not in production together with {of}"));
    }
    let (said, observed) = (rests(Known::Compatible), rests(Known::Observed));
    let known = if observed.is_empty() { Known::Compatible } else { Known::Observed };
    (known, [said, observed].concat().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(version: u32, model: u32) -> Held<u32> {
        Held { version, model, name: format!("m{model}@{version}") }
    }

    /// The system is of model 1; a part is a version and its model.
    fn check(direct: &[(u32, u32)], inside: &[(u32, &[(u32, u32)])]) -> Result<(), String> {
        let part = |(version, model): &(u32, u32)| held(*version, *model);
        let direct: Vec<_> = direct.iter().map(|d| (format!("r{}", d.0), part(d))).collect();
        let held = inside.iter().map(|(system, parts)| (*system, parts.iter().map(part).collect())).collect();
        may_hold((1, "m1"), &direct, &held).map_err(|refused| format!("{}: {}", refused.role, refused.detail))
    }

    #[test]
    fn circles_are_named() {
        assert_eq!(check(&[(10, 2), (11, 3)], &[]), Ok(()));
        let own = check(&[(10, 2), (7, 1)], &[]).unwrap_err();
        assert!(own.starts_with("r7: leads back to the system itself: m1 → m1@7."), "{own}");
        // 10 holds 20, which holds 7 of the system's own model.
        let deep = check(&[(10, 2)], &[(10, &[(20, 4)]), (20, &[(7, 1)])]).unwrap_err();
        assert!(deep.contains("m1 → m2@10 → m4@20 → m1@7"), "{deep}");
    }

    #[test]
    fn a_model_is_there_once_however_deep() {
        // Two ways to the same version are fine, two versions of a model are not.
        assert_eq!(check(&[(10, 2), (11, 3)], &[(10, &[(20, 4)]), (11, &[(20, 4)])]), Ok(()));
        let two = check(&[(10, 2), (11, 3)], &[(10, &[(20, 4)]), (11, &[(21, 4)])]).unwrap_err();
        assert!(two.starts_with("r11: ") && two.contains("m2@10 → m4@20, and m3@11 → m4@21"), "{two}");
        let direct = check(&[(10, 2), (20, 4)], &[(10, &[(21, 4)])]).unwrap_err();
        assert!(direct.contains("two versions of one model"), "{direct}");
    }

    #[test]
    fn what_a_system_holds_has_a_bound() {
        let many: Vec<(u32, u32)> = (0..600).map(|n| (1000 + n, 5000 + n)).collect();
        assert!(check(&many, &[]).unwrap_err().contains("more than 500"));
    }

    #[test]
    fn what_is_known_of_a_replacement() {
        use Verdict::{Compatible, Incompatible};
        let pair = |said: Option<Verdict>, observed| Pair {
            with: "m2@1".into(),
            said: said.map(|verdict| (verdict, "Ann".to_owned())),
            observed,
        };
        let none = pair(None, false);
        let cases: &[(Pair, &[Pair], Known)] = &[
            // Of the system itself.
            (pair(Some(Compatible), false), &[pair(Some(Incompatible), true)], Known::Compatible),
            (pair(Some(Incompatible), true), &[pair(Some(Compatible), true)], Known::Incompatible),
            // Of what it would stand beside.
            (none.clone(), &[], Known::Unknown),
            (none.clone(), &[pair(None, false)], Known::Unknown),
            (none.clone(), &[pair(Some(Compatible), false), pair(None, false)], Known::Unknown),
            (none.clone(), &[pair(None, false), pair(Some(Incompatible), false)], Known::Incompatible),
            (none.clone(), &[pair(Some(Compatible), false)], Known::Compatible),
            (none.clone(), &[pair(Some(Compatible), false), pair(None, true)], Known::Observed),
            // What people say counts more than what was seen.
            (none.clone(), &[pair(Some(Incompatible), true)], Known::Incompatible),
        ];
        for (whole, beside, known) in cases {
            let (found, because) = replacement(whole, beside);
            assert_eq!(found, *known, "{whole:?} {beside:?}");
            assert!(!because.is_empty());
        }
    }
}
