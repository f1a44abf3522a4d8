//! Who may be given, or lose, which role at an agency.

use crate::kernel::error::{Error, Result};
use weighhouse_types::permission::AgencyRole;

/// Whether a change of staff touches ownership, which is for owners alone.
pub(super) fn is_about_owners(present: Option<AgencyRole>, wanted: Option<AgencyRole>) -> bool {
    [present, wanted].contains(&Some(AgencyRole::Owner))
}

/// Refuses to leave an agency without an owner. `owners` are those of now.
pub(super) fn keeps_an_owner(present: AgencyRole, wanted: Option<AgencyRole>, owners: usize) -> Result<()> {
    let lost = present == AgencyRole::Owner && wanted != Some(AgencyRole::Owner);
    if lost && owners <= 1 {
        return Err(Error::conflict(
            "This is the agency's last owner, and an agency has at least one. Make somebody else an owner first.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighhouse_types::permission::AgencyRole::{AgencyAdmin, Engineer, Owner};

    #[test]
    fn ownership_is_touched_from_either_side() {
        for (present, wanted, about) in [
            (Some(Owner), None, true),
            (Some(Owner), Some(Engineer), true),
            (Some(Engineer), Some(Owner), true),
            (None, Some(Owner), true),
            (Some(Engineer), Some(AgencyAdmin), false),
            (None, Some(Engineer), false),
        ] {
            assert_eq!(is_about_owners(present, wanted), about, "{present:?} to {wanted:?}");
        }
    }

    #[test]
    fn the_last_owner_stays() {
        for (present, wanted, owners, allowed) in [
            (Owner, None, 1, false),
            (Owner, Some(Engineer), 1, false),
            (Owner, Some(Owner), 1, true),
            (Owner, None, 2, true),
            (Engineer, None, 1, true),
        ] {
            assert_eq!(keeps_an_owner(present, wanted, owners).is_ok(), allowed, "{present} of {owners}");
        }
    }
}
