//! The command line: a file a group of commands, and here what they share.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::time::Duration;
use weighhouse_types::page::MAX_LIMIT;
use weighhouse_types::reference::slug_check;

mod annotate;
mod attest;
mod audit;
mod compare;
mod data;
mod files;
mod llm;
mod login;
mod member;
mod promotion;
mod registry;
mod shell;
mod token;

pub(crate) use annotate::{AliasGive, AliasTake, Annotate, Tag};
pub(crate) use attest::{Attest, AttestEvaluation, Comment, Scan};
pub(crate) use audit::{Audit, AuditExport, AuditList, Verify};
pub(crate) use compare::{Compare, VersionOf};
pub(crate) use data::{Data, DataAdd, DataCompare, DataList, DataPath, DataShow, Pipeline, PipelineAdd};
pub(crate) use files::{Pull, Push};
pub(crate) use llm::{Pin, PinAlerts, PinCheck, PinSet, Prompt};
pub(crate) use login::{Login, SignIn, Whoami};
pub(crate) use member::{Member, MemberInvite, MemberRemove, MemberRole};
pub(crate) use promotion::{
    Patience, Promote, Promotion, PromotionList, PromotionRef, PromotionShow, PromotionWithdraw,
};
pub(crate) use registry::{
    Model, ModelCreate, ModelList, OneModel, Production, ProductionCommand, Project, ProjectCreate,
    ProjectRef, ProjectShow, Reference, Rollback, Show, Version, VersionExport, VersionList, VersionRetire,
};
pub(crate) use shell::{Completions, Man};
pub(crate) use token::{Token, TokenCreate, TokenExchange, TokenList, TokenRevoke};

/// Version, promote and verify machine-learning models on a Weighhouse.
#[derive(Debug, Parser)]
#[command(name = "wh", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
A model is written tenant/project/model, a version tenant/project/model@3.
TENANT may be left out where the API token is bound to one.

Environment:
  WH_URL    the server, such as https://weighhouse.example; wins over `wh login`
  WH_TOKEN  an API token (wh_…) or a short-lived one; wins over `wh login`
  XDG_CONFIG_HOME  where weighhouse/credentials.toml lies (default ~/.config)

What a restarting server or a bad line breaks is tried again for about a minute;
an operation that was sent twice is done once.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Watching a request:
0 approved, 3 rejected, 4 withdrawn, 5 still open when the time was over.")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Store a server and an API token for the commands that follow
    Login(Login),
    /// Forget the stored server and token
    Logout,
    /// Show who the token speaks for, and what it may do
    Whoami(Whoami),
    /// Register a file or folder as a version of a model
    Push(Push),
    /// Fetch the files of a version, verified against its digest
    Pull(Pull),
    /// Show a model or a version
    Show(Show),
    /// Compare versions, side by side
    Compare(Compare),
    /// List a model's versions, newest first (`wh version list`)
    Versions(VersionList),
    /// Promote a version to staging, or ask for production (`wh promotion open`)
    Promote(Promote),
    /// Show what is approved for production, now or at a moment in the past
    Production(Production),
    /// Put the production version before this one back
    Rollback(Rollback),
    /// List, make and show projects
    #[command(subcommand)]
    Project(Project),
    /// List, make and show models
    #[command(subcommand)]
    Model(Model),
    /// List, show and retire versions
    #[command(subcommand)]
    Version(Version),
    /// Register datasets by digest and profile, show and compare them
    #[command(subcommand)]
    Data(Data),
    /// Register feature pipelines, list and show them
    #[command(subcommand)]
    Pipeline(Pipeline),
    /// Ask for promotions, follow and withdraw them
    #[command(subcommand)]
    Promotion(Promotion),
    /// Look at prompts of language models
    #[command(subcommand)]
    Prompt(Prompt),
    /// Watch what a language model's provider serves
    #[command(subcommand)]
    Pin(Pin),
    /// Append evaluations, model cards and signatures to a version
    #[command(subcommand)]
    Attest(Attest),
    /// Say something about a version
    Comment(Comment),
    /// Say what files would run when loaded, offline
    Scan(Scan),
    /// Read the audit log, and take it along
    #[command(subcommand)]
    Audit(Audit),
    /// Verify an exported audit log, offline
    Verify(Verify),
    /// Make, list and revoke your API tokens, and exchange one for a short-lived one
    #[command(subcommand)]
    Token(Token),
    /// List and invite people, change and take away their roles
    #[command(subcommand)]
    Member(Member),
    /// Print a script that completes `wh` in a shell
    Completions(Completions),
    /// Write the manual's pages
    Man(Man),
}

/// A tenant that is asked about as a whole.
#[derive(Debug, ClapArgs)]
pub(crate) struct InTenant {
    /// The tenant; the token's own unless given
    #[arg(value_parser = tenant)]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Output {
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much of a list is wanted.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Limit {
    /// How many to list at most
    #[arg(long, value_name = "N", default_value_t = Self::USUAL, value_parser = clap::value_parser!(u32).range(1..=Self::MOST))]
    pub(crate) limit: u32,
}

impl Limit {
    /// All of nearly every list.
    const USUAL: u32 = 50 * MAX_LIMIT;
    /// What is held in memory to be printed has a bound.
    const MOST: i64 = 100_000;
}

/// How long work shows where it stands.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Progress {
    /// Show progress on standard error even when it is no terminal
    #[arg(long)]
    pub(crate) progress: bool,
}

/// Reads a tenant's short name.
fn tenant(text: &str) -> Result<String, String> {
    slug_check(text).map(|()| text.to_owned()).map_err(|e| format!("the tenant's short name {e}"))
}

/// Reads a moment as people write it.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let mut times = formats.iter().filter_map(|f| NaiveDateTime::parse_from_str(text, f).ok());
    let local = day.and_then(|d| d.and_hms_opt(0, 0, 0)).or_else(|| times.next());
    local
        .map(|at| at.and_utc())
        .ok_or_else(|| "is no moment: write 2026-03-15, 2026-03-15T09:30 or 2026-03-15T09:30:00+01:00".into())
}

/// Reads a span of time: `90s`, `30m`, `2h` or `7d`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "is no span of time: write 90s, 30m, 2h or 7d".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count = text.strip_suffix(unit).and_then(|digits| digits.parse::<u32>().ok()).ok_or_else(wrong)?;
    match u64::from(count) * seconds {
        0 => Err("is no time at all: the least is 1s".into()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn moments_are_read_as_utc_unless_they_say_otherwise() {
        let cases = [
            ("2026-03-15", "2026-03-15T00:00:00Z"),
            ("2026-03-15T09:30", "2026-03-15T09:30:00Z"),
            ("2026-03-15 09:30:15", "2026-03-15T09:30:15Z"),
            ("2026-03-15T09:30:00+01:00", "2026-03-15T08:30:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text), Ok(expected.parse().unwrap()), "{text}");
        }
        assert!(moment("yesterday").is_err());
        assert!(moment("2026-02-30").is_err());
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "s", "90", "-1s", "1.5h", "2 h", "0s", "5µ"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn commands_of_old_still_mean_the_same() {
        let parsed = |line: &str| Args::try_parse_from(line.split(' ')).map(|args| args.command);
        assert!(matches!(parsed("wh versions aa/bb/c --limit 5"), Ok(Command::Versions(_))));
        assert!(matches!(parsed("wh version list aa/bb/c"), Ok(Command::Version(Version::List(_)))));
        let Ok(Command::Production(now)) = parsed("wh production aa/bb/c --at 2026-03-15") else {
            panic!("the moment")
        };
        assert!(now.at.is_some() && now.command.is_none());
        let Ok(Command::Production(all)) = parsed("wh production history aa/bb/c --json") else {
            panic!("the history")
        };
        assert!(matches!(all.command, Some(ProductionCommand::History(_))));
        assert!(parsed("wh production").is_err());
    }
}
