//! Pure decisions about holds.

/// One of the two people who lift a hold.
pub(super) struct Side<Id> {
    pub(super) person: Id,
    /// Whether they are the client's own.
    pub(super) client: bool,
}

/// Whether two people may lift a hold together: they are two, and what the
/// client placed is not lifted by its agency alone.
pub(super) fn may_lift<Id: PartialEq>(
    placed_by_client: bool,
    asked: &Side<Id>,
    confirming: &Side<Id>,
) -> Result<(), &'static str> {
    if asked.person == confirming.person {
        return Err("You asked for this hold to be lifted, and it takes two. Another person must confirm.");
    }
    if placed_by_client && !asked.client && !confirming.client {
        return Err("The client placed this hold, so one of the two who lift it must be the client’s own. \
                    One of its admins must confirm.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_takes_two_to_lift() {
        for (placed_by_client, asked, confirming, lifts) in [
            (true, (1, true), (1, true), false),
            (false, (1, false), (1, false), false),
            (true, (1, true), (2, true), true),
            (true, (1, false), (2, true), true),
            (true, (1, true), (2, false), true),
            (true, (1, false), (2, false), false),
            (false, (1, false), (2, false), true),
            (false, (1, true), (2, true), true),
        ] {
            let side = |(person, client)| Side { person, client };
            let said = may_lift(placed_by_client, &side(asked), &side(confirming));
            assert_eq!(said.is_ok(), lifts, "{placed_by_client} {asked:?} {confirming:?}: {said:?}");
        }
    }
}
