//! Promotion requests.

use super::{Limit, Output, span, tenant};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::str::FromStr;
use std::time::Duration;
use url::Url;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::promotions::PromotionState;
use weighhouse_types::reference::{ModelRef, VersionName, VersionRef, slug_check};
use weighhouse_types::versions::Stage;

#[derive(Debug, Subcommand)]
pub(crate) enum Promotion {
    /// List requests, newest first
    List(PromotionList),
    /// Show a request: its evidence, the decisions, and who is still needed
    Show(PromotionShow),
    /// Ask for a version to be promoted (`wh promote`)
    Open(Promote),
    /// Follow a request until it is decided
    Watch(PromotionWatch),
    /// Take a request back
    Withdraw(PromotionWithdraw),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  wh promotion list --state open
  wh promotion list acme --model acme/claims/fraud --json")]
pub(crate) struct PromotionList {
    /// The tenant; the token's own unless given
    #[arg(value_parser = tenant)]
    pub(crate) tenant: Option<String>,
    /// Only requests in this state
    #[arg(long, value_enum)]
    pub(crate) state: Option<State>,
    /// Only requests for versions of this model
    #[arg(long)]
    pub(crate) model: Option<ModelRef>,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PromotionShow {
    #[command(flatten)]
    pub(crate) request: Request,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Says what happens to the request as it happens: decisions, evidence that changed
so that earlier decisions are void, the outcome. With --json that goes to
standard error, and the request as it stands at the end to standard output.

Exit codes: 0 approved, 3 rejected, 4 withdrawn, 5 still open after --timeout.

Example:
  wh promotion watch acme/claims/fraud@3 --timeout 2h && ./deploy.sh")]
pub(crate) struct PromotionWatch {
    #[command(flatten)]
    pub(crate) request: Request,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PromotionWithdraw {
    #[command(flatten)]
    pub(crate) request: Request,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A version goes from development to staging, and from staging to production.
Production is asked for: the client's approvers get a mail, and decide in the
browser. With --watch the exit code says how it was decided: 0 approved,
3 rejected, 4 withdrawn, 5 still open after --timeout.

Examples:
  wh promote acme/claims/fraud@3 --to staging
  wh promote acme/claims/fraud@3 --to production --reason \"recall +13 points\" --watch")]
pub(crate) struct Promote {
    /// The version: tenant/project/model@3, or @ and an alias
    pub(crate) version: VersionName,
    /// The stage to promote to
    #[arg(long, value_name = "STAGE")]
    pub(crate) to: Target,
    /// What is better, and what the reviewer should look at (needed for production)
    #[arg(long, required_if_eq("to", "production"))]
    pub(crate) reason: Option<String>,
    /// Follow the request until it is decided
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How long a request is followed.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Patience {
    /// How long to wait for the decision, such as 90s, 30m, 2h or 7d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = span)]
    pub(crate) timeout: Duration,
}

/// Which request is meant.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Request {
    /// The request: its id, TENANT/ID, its page's address, or the version that it is open for
    #[arg(value_name = "REQUEST")]
    pub(crate) reference: PromotionRef,
}

/// A request as people have it at hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PromotionRef {
    /// By its id; of the token's own tenant unless one is named.
    Id { tenant: Option<String>, id: PromotionId },
    /// The open request for a version.
    Version(VersionRef),
}

impl FromStr for PromotionRef {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s.contains('@') {
            return s.parse().map(Self::Version);
        }
        let wrong =
            || format!("‘{s}’ is no request: write its id, tenant/id, its page's address or a version");
        if let Ok(id) = s.parse() {
            return Ok(Self::Id { tenant: None, id });
        }
        let path = match Url::parse(s) {
            Ok(page) => page.path().trim_matches('/').to_owned(),
            Err(_) => s.to_owned(),
        };
        let parts: Vec<&str> = path.rsplit('/').collect();
        let (id, tenant) = match parts.as_slice() {
            [id, "promotions", tenant, "t", ..] | [id, tenant] => (*id, *tenant),
            _ => return Err(wrong()),
        };
        match (slug_check(tenant), id.parse()) {
            (Ok(()), Ok(id)) => Ok(Self::Id { tenant: Some(tenant.into()), id }),
            _ => Err(wrong()),
        }
    }
}

/// The stages that a version can be promoted to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Target {
    Staging,
    Production,
}

impl From<Target> for Stage {
    fn from(target: Target) -> Self {
        match target {
            Target::Staging => Self::Staging,
            Target::Production => Self::Production,
        }
    }
}

/// The states of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum State {
    Open,
    Approved,
    Rejected,
    Withdrawn,
}

impl From<State> for PromotionState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Approved => Self::Approved,
            State::Rejected => Self::Rejected,
            State::Withdrawn => Self::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Args;
    use super::*;
    use clap::Parser;

    #[test]
    fn production_needs_a_reason_and_staging_does_not() {
        let promote = |words: &[&str]| {
            let all = ["wh", "promote", "aa/bb/c@1"].iter().chain(words);
            Args::try_parse_from(all).map(|_| ()).map_err(|e| e.kind())
        };
        assert_eq!(promote(&["--to", "staging"]), Ok(()));
        assert_eq!(promote(&["--to", "production", "--reason", "better"]), Ok(()));
        let missing = Err(clap::error::ErrorKind::MissingRequiredArgument);
        assert_eq!(promote(&["--to", "production"]), missing);
        assert_eq!(promote(&["--to", "archived"]), Err(clap::error::ErrorKind::InvalidValue));
    }

    #[test]
    fn a_request_is_named_as_people_have_it_at_hand() {
        let id = "0199a7f2-8c1e-7a54-9d3b-2f6f0e5f7a11";
        let at = |tenant: Option<&str>| {
            Ok(PromotionRef::Id { tenant: tenant.map(str::to_owned), id: id.parse().unwrap() })
        };
        assert_eq!(id.parse(), at(None));
        assert_eq!(format!("north/{id}").parse(), at(Some("north")));
        assert_eq!(format!("https://a.example/wh/t/north/promotions/{id}").parse(), at(Some("north")));
        assert_eq!(
            format!("https://a.example/t/north/promotions/{id}/?from=mail").parse(),
            at(Some("north"))
        );
        assert!(matches!("aa/bb/c@2".parse(), Ok(PromotionRef::Version(_))));
        for wrong in ["", "north", "north/17", "https://a.example/t/north/audit", "aa/bb/c"] {
            assert!(wrong.parse::<PromotionRef>().is_err(), "{wrong}");
        }
    }
}
