//! Pure decisions about stored objects.

/// What is known of an object that was marked a day ago or more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Marked {
    /// Whether a part's row names it.
    pub(super) named: bool,
    /// Whether a version or a hold needs the file it is a part of.
    pub(super) needed: bool,
    /// Whether no part of the file was sent for a day.
    pub(super) quiet: bool,
}

/// What becomes of a marked object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It is needed after all.
    Keep,
    /// A push may still be under way: look again in a day.
    Wait,
    /// Nothing can need it any more.
    Bury,
}

/// The second look. An object that no row names is no part of anything that
/// can be downloaded; a push that wants it sends it again.
pub(super) const fn fate(marked: Marked) -> Fate {
    match marked {
        Marked { named: false, .. } => Fate::Bury,
        Marked { needed: true, .. } => Fate::Keep,
        Marked { quiet: false, .. } => Fate::Wait,
        Marked { .. } => Fate::Bury,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nothing_can_need_is_buried() {
        for (named, needed, quiet, expected) in [
            (false, false, false, Fate::Bury),
            (false, false, true, Fate::Bury),
            (false, true, false, Fate::Bury),
            (false, true, true, Fate::Bury),
            (true, true, false, Fate::Keep),
            (true, true, true, Fate::Keep),
            (true, false, false, Fate::Wait),
            (true, false, true, Fate::Bury),
        ] {
            let marked = Marked { named, needed, quiet };
            assert_eq!(fate(marked), expected, "{marked:?}");
        }
    }
}
