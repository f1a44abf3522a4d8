//! Pure decisions about systems, which are promoted and rolled back as one.

use weighhouse_types::versions::Stage;

/// A version that goes with a system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::promotions) struct Part {
    pub(in crate::promotions) name: String,
    pub(in crate::promotions) stage: Stage,
}

/// Whether a system's parts may go where it is to go. Each has passed staging
/// by itself: there is no way from development to production beside it.
pub(in crate::promotions) fn parts_ready(system: &str, target: Stage, parts: &[Part]) -> Result<(), String> {
    let ready = |part: &&Part| matches!(part.stage, Stage::Staging | Stage::Production);
    let late: Vec<String> = parts
        .iter()
        .filter(|part| !ready(part))
        .map(|part| format!("{} (in {})", part.name, part.stage))
        .collect();
    if late.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{system} goes to {target} together with what it holds, and that must be in staging at least. Promote to staging first: {}.",
        late.join(", ")
    ))
}

/// How a model's production stands when a system is rolled back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::promotions) struct Standing<Id> {
    pub(in crate::promotions) model: Id,
    /// What is in production.
    pub(in crate::promotions) now: Option<u32>,
    /// What the restored system version holds of it.
    pub(in crate::promotions) wanted: Option<u32>,
    /// Whether the promotion that is taken back put it there.
    pub(in crate::promotions) brought: bool,
    /// The models of other systems in production that hold it.
    pub(in crate::promotions) holders: Vec<Id>,
    /// What was there right before, where that can be used again.
    pub(in crate::promotions) before: Option<u32>,
}

/// What a rollback does with a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::promotions) enum Step {
    Stay,
    /// Puts a version into production.
    Put(u32),
    /// Takes out what is in production, with nothing in its place.
    Clear,
}

/// What a rollback of a system does with every model that the version that is
/// left or the one restored holds, in their order.
///
/// What the restored version holds comes back with it. What the promotion that
/// is taken back brought besides goes again, and what was there before it comes
/// back, unless another system in production needs it by now.
pub(in crate::promotions) fn rollback_steps<Id: Copy + Eq>(standings: &[Standing<Id>]) -> Vec<Step> {
    let mut leaving: Vec<Id> =
        standings.iter().filter(|s| s.wanted.is_none() && s.brought).map(|s| s.model).collect();
    // Each turn keeps one more at least, or is the last.
    for _ in 0..standings.len() {
        let needed = |s: &Standing<Id>| s.holders.iter().any(|holder| !leaving.contains(holder));
        let kept: Vec<Id> = standings.iter().filter(|s| needed(s)).map(|s| s.model).collect();
        let before = leaving.len();
        leaving.retain(|model| !kept.contains(model));
        if leaving.len() == before {
            break;
        }
    }
    let step = |s: &Standing<Id>| match (s.wanted, s.before) {
        (Some(wanted), _) if s.now == Some(wanted) => Step::Stay,
        (Some(wanted), _) => Step::Put(wanted),
        (None, _) if !leaving.contains(&s.model) => Step::Stay,
        (None, Some(before)) => Step::Put(before),
        (None, None) => Step::Clear,
    };
    standings.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_pass_staging_first() {
        for stage in Stage::ALL {
            let part = Part { name: "claims/fraud@1".into(), stage };
            let fine = Part { name: "claims/triage@1".into(), stage: Stage::Production };
            let ready = parts_ready("claims/desk@1", Stage::Production, &[fine, part]);
            assert_eq!(ready.is_ok(), matches!(stage, Stage::Staging | Stage::Production), "{stage}");
            assert!(ready.is_ok() || ready.unwrap_err().ends_with(&format!("claims/fraud@1 (in {stage}).")));
        }
    }

    fn standing(model: u32, now: Option<u32>, wanted: Option<u32>) -> Standing<u32> {
        Standing { model, now, wanted, brought: false, holders: Vec::new(), before: None }
    }

    #[test]
    fn the_set_that_was_before_comes_back() {
        let brought = |before| Standing { brought: true, before, ..standing(3, Some(5), None) };
        let held = |by: u32| Standing { holders: vec![by], ..brought(Some(4)) };
        for (standings, expected) in [
            // What the restored version holds.
            (vec![standing(1, Some(2), Some(1))], vec![Step::Put(1)]),
            (vec![standing(1, Some(1), Some(1))], vec![Step::Stay]),
            (vec![standing(1, None, Some(1))], vec![Step::Put(1)]),
            // What only the version that is left holds.
            (vec![standing(1, Some(2), None)], vec![Step::Stay]),
            (vec![standing(1, None, None)], vec![Step::Stay]),
            (vec![brought(Some(4))], vec![Step::Put(4)]),
            (vec![brought(None)], vec![Step::Clear]),
            // Another system needs it.
            (vec![held(9)], vec![Step::Stay]),
            // One that leaves as well does not keep it; one that stays does.
            (
                vec![held(7), Standing { brought: true, ..standing(7, Some(1), None) }],
                vec![Step::Put(4), Step::Clear],
            ),
            (vec![held(7), standing(7, Some(1), None)], vec![Step::Stay, Step::Stay]),
            (
                vec![held(7), Standing { brought: true, holders: vec![9], ..standing(7, Some(1), None) }],
                vec![Step::Stay, Step::Stay],
            ),
        ] {
            assert_eq!(rollback_steps(&standings), expected, "{standings:?}");
        }
    }

    fn any_standing(model: u32) -> impl Strategy<Value = Standing<u32>> {
        let number = || proptest::option::of(1..4_u32);
        (number(), number(), any::<bool>(), proptest::collection::vec(0..8_u32, 0..3), number()).prop_map(
            move |(now, wanted, brought, holders, before)| Standing {
                model,
                now,
                wanted,
                brought,
                holders,
                before,
            },
        )
    }

    proptest! {
        /// After a rollback, what the restored version holds is in production,
        /// and nothing that a system which stays holds was taken from it.
        #[test]
        fn nothing_that_stays_loses_what_it_holds(
            standings in (0..6_u32).prop_flat_map(|n| (0..n).map(any_standing).collect::<Vec<_>>())
        ) {
            let steps = rollback_steps(&standings);
            let stays = |model: &u32| {
                let at = standings.iter().position(|s| s.model == *model);
                at.is_none_or(|at| steps[at] == Step::Stay || standings[at].wanted.is_some())
            };
            for (standing, step) in standings.iter().zip(&steps) {
                let after = match step {
                    Step::Stay => standing.now,
                    Step::Put(number) => Some(*number),
                    Step::Clear => None,
                };
                match standing.wanted {
                    Some(wanted) => prop_assert_eq!(after, Some(wanted)),
                    None if standing.holders.iter().any(stays) => prop_assert_eq!(*step, Step::Stay),
                    None => prop_assert!(standing.brought || *step == Step::Stay),
                }
            }
        }
    }
}
