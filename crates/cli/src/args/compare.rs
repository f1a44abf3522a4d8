//! Versions side by side.

use super::Output;
use clap::Args as ClapArgs;
use std::str::FromStr;
use weighhouse_types::compare::{VERSIONS_MAX, VERSIONS_MIN};
use weighhouse_types::reference::VersionRef;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The first version is what the others are compared with. A change that repeated
measurements do not tell from chance is ‘within noise’.

Examples:
  wh compare acme/claims/fraud@2 @3
  wh compare acme/claims/fraud@2 @3 acme/claims/fraud-llm@1 --all
  wh compare acme/claims/fraud@2 @3 --markdown | gh pr comment --body-file -")]
pub(crate) struct Compare {
    /// Versions, tenant/project/model@3; @4 alone is of the same model as the one before it
    #[arg(required = true, num_args = VERSIONS_MIN..=VERSIONS_MAX, value_name = "VERSION")]
    pub(crate) versions: Vec<VersionOf>,
    /// Print Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    /// List what is the same everywhere, too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A version, or a number that is one with the model of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum VersionOf {
    Whole(VersionRef),
    Number(u32),
}

impl FromStr for VersionOf {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.strip_prefix('@').and_then(|number| number.parse().ok()) {
            Some(number) => Ok(Self::Number(number)),
            None => s.parse().map(Self::Whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Args, Command};
    use super::*;
    use clap::Parser;

    #[test]
    fn two_to_five_versions_are_compared() {
        let parsed = |line: &str| Args::try_parse_from(line.split(' ')).map(|args| args.command);
        let Ok(Command::Compare(compare)) = parsed("wh compare aa/bb/c@2 @3 --markdown") else {
            panic!("compare")
        };
        assert_eq!(compare.versions, [VersionOf::Whole("aa/bb/c@2".parse().unwrap()), VersionOf::Number(3)]);
        for wrong in
            ["", " aa/bb/c@1", " aa/bb/c@1 @2 @3 @4 @5 @6", " aa/bb/c@1 x", " aa/bb/c@1 @2 --markdown --json"]
        {
            assert!(parsed(&format!("wh compare{wrong}")).is_err(), "{wrong}");
        }
    }
}
