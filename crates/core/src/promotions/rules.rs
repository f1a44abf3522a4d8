//! Pure decisions about promotions.

mod together;

pub(super) use together::{Part, Standing, Step, parts_ready, rollback_steps};

use weighhouse_types::versions::Stage;

/// What a tenant demands before a version may reach a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Policy {
    /// How many distinct people must approve; none means at once.
    pub(super) quorum: u32,
}

/// The policy that every tenant begins with: staging is free, production
/// takes one of the client's approvers.
pub(super) fn default_policy(target: Stage) -> Policy {
    Policy { quorum: u32::from(target == Stage::Production) }
}

/// Whether a version in a stage may be asked into another.
pub(super) fn may_open(version: &str, from: Stage, target: Stage) -> Result<(), String> {
    match (from, target) {
        (Stage::Development | Stage::Archived, Stage::Staging) | (Stage::Staging, Stage::Production) => {
            Ok(())
        }
        (Stage::Development, Stage::Production) => Err(format!(
            "{version} is in development, and there is no way from development to production that does not pass staging. Promote it to staging first."
        )),
        (Stage::Archived, Stage::Production) => {
            Err(format!("{version} is archived. Promote it to staging again first, or roll production back."))
        }
        (Stage::Retired, _) => Err(format!("{version} is retired and is never used again.")),
        (same, target) if same == target => Err(format!("{version} is in {target} already.")),
        (from, target) => Err(format!("A version in {from} cannot be promoted to {target}.")),
    }
}

/// Who takes part in a decision.
pub(super) struct Parties<'a, Id> {
    pub(super) caller: &'a Id,
    pub(super) requester: &'a Id,
    pub(super) author: &'a Id,
}

/// Why the caller may not decide, though their role could.
pub(super) fn own_work<Id: PartialEq>(parties: &Parties<'_, Id>) -> Option<&'static str> {
    if parties.caller == parties.requester {
        Some("You made this request, and nobody decides on their own. Another approver must.")
    } else if parties.caller == parties.author {
        Some("You registered this version, and its author does not decide. Another approver must.")
    } else {
        None
    }
}

/// Why the author of a system's part may not decide about the system.
pub(super) const OWN_PART: &str =
    "You registered a part of this system, and its authors do not decide. Another approver must.";

/// Which production period is rolled back to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Past {
    pub(super) number: u32,
    pub(super) rolled_back_from: bool,
    /// Retired, or its files are no longer kept.
    pub(super) unusable: bool,
}

/// The latest earlier version that was not itself rolled back from. `past`
/// is in order, newest first, the current period at its head; what counts of
/// a version is how its latest period ended.
pub(super) fn rollback_target(past: &[Past]) -> Option<u32> {
    let (current, earlier) = past.split_first()?;
    let mut seen = vec![current.number];
    for period in earlier {
        if seen.contains(&period.number) {
            continue;
        }
        if !period.rolled_back_from && !period.unusable {
            return Some(period.number);
        }
        seen.push(period.number);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_ways_of_a_version() {
        for from in Stage::ALL {
            for target in [Stage::Staging, Stage::Production] {
                let way = matches!(
                    (from, target),
                    (Stage::Development | Stage::Archived, Stage::Staging)
                        | (Stage::Staging, Stage::Production)
                );
                assert_eq!(may_open("m@1", from, target).is_ok(), way, "{from} to {target}");
            }
        }
    }

    fn past(numbers: &[(u32, bool)]) -> Vec<Past> {
        let past = |(number, rolled_back_from): &(u32, bool)| Past {
            number: *number,
            rolled_back_from: *rolled_back_from,
            unusable: false,
        };
        numbers.iter().map(past).collect()
    }

    #[test]
    fn rollback_goes_to_what_was_good() {
        assert_eq!(rollback_target(&past(&[])), None);
        assert_eq!(rollback_target(&past(&[(1, false)])), None);
        assert_eq!(rollback_target(&past(&[(2, false), (1, false)])), Some(1));
        // 1, 2, 3, back to 2: from there it goes to 1, never to 3.
        let back_once = past(&[(2, false), (3, true), (2, false), (1, false)]);
        assert_eq!(rollback_target(&back_once), Some(1));
        let back_twice = past(&[(1, false), (2, true), (3, true), (2, false), (1, false)]);
        assert_eq!(rollback_target(&back_twice), None);
        // A version that was bad once and replaced in good order later is good.
        let redeemed = past(&[(4, false), (2, false), (1, false), (2, true), (1, false)]);
        assert_eq!(rollback_target(&redeemed), Some(2));
    }

    #[test]
    fn retired_and_swept_versions_do_not_come_back() {
        let mut past = past(&[(3, false), (2, false), (1, false)]);
        past[1].unusable = true;
        assert_eq!(rollback_target(&past), Some(1));
    }

    #[test]
    fn nobody_decides_on_their_own_work() {
        let parties = |caller, requester, author| own_work(&Parties { caller, requester, author }).is_some();
        assert!(parties(&1, &1, &2));
        assert!(parties(&2, &1, &2));
        assert!(!parties(&3, &1, &2));
    }
}
