//! The command line.

mod audit;

pub(crate) use audit::{AuditCommand, AuditExport, Verify};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::Stage;

/// Version, promote and verify machine-learning models on a Weighhouse.
#[derive(Debug, Parser)]
#[command(name = "wh", version, arg_required_else_help = true)]
#[command(after_help = "\
A model is written tenant/project/model, a version tenant/project/model@3.

Environment:
  WH_URL    the server, such as https://weighhouse.example; wins over `wh login`
  WH_TOKEN  an API token (wh_…); wins over `wh login`
  XDG_CONFIG_HOME  where weighhouse/credentials.toml lies (default ~/.config)

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")]
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
    /// List a model's versions, newest first
    Versions(Versions),
    /// Promote a version to staging, or ask for production
    Promote(Promote),
    /// Show what is approved for production, now or at a moment in the past
    Production(Production),
    /// Put the production version before this one back
    Rollback(Rollback),
    /// Take a tenant's audit log along
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Verify an exported audit log, offline
    Verify(Verify),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Make the token in the web UI, on the tenant's page under ‘Tokens’. It is stored
in weighhouse/credentials.toml below $XDG_CONFIG_HOME or ~/.config, readable by
you only. Without --token-stdin the token is asked for on the terminal.")]
pub(crate) struct Login {
    /// The server's address, with https://
    #[arg(value_parser = crate::config::url_parse)]
    pub(crate) url: url::Url,
    /// Read the token from standard input
    #[arg(long)]
    pub(crate) token_stdin: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Whoami {
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

/// How long work shows where it stands.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Progress {
    /// Show progress on standard error even when it is no terminal
    #[arg(long)]
    pub(crate) progress: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A missing model is made; a missing project is an error. The same content pushed
again answers with the version that is there. A push that breaks off leaves
nothing visible, and the next one sends only what is missing.

The context file holds the version's other components, each optional: data,
features, training, evaluation, code, environment, deployment. For example:

  [code]
  repository = \"https://git.example/fraud\"
  commit = \"4f2a9c1\"

  [[evaluation]]
  dataset = \"claims-2025-holdout\"
  metrics = { auc = 0.91 }

Folders named .git and .weighhouse are left out. Symbolic links are followed to
files inside the folder; links that lead out of it are refused.")]
pub(crate) struct Push {
    /// The model's file or folder
    pub(crate) path: PathBuf,
    /// The model: tenant/project/model
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: ModelRef,
    /// The version's other components, as .json or .toml
    #[arg(long, short, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) progress: Progress,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Every file is verified against the version's manifest, and the manifest against
the version's digest. A pull that broke off goes on where it was: files that are
there with the right digest are kept.")]
pub(crate) struct Pull {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The folder to write to [default: ./MODEL-N]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Write into a folder that holds other files, and replace files that differ
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the version as the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) progress: Progress,
}

/// A model or a version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    Model(ModelRef),
    Version(VersionRef),
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s.contains('@') { s.parse().map(Self::Version) } else { s.parse().map(Self::Model) }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// tenant/project/model or tenant/project/model@3
    pub(crate) reference: Reference,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Versions {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// How many to list, the newest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) output: Output,
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

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A version goes from development to staging, and from staging to production.
Production is asked for: the client's approvers get a mail, and decide in the
browser.")]
pub(crate) struct Promote {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The stage to promote to
    #[arg(long, value_name = "STAGE")]
    pub(crate) to: Target,
    /// What is better, and what the reviewer should look at (needed for production)
    #[arg(long, required_if_eq("to", "production"))]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
DATE is RFC 3339, such as 2026-03-15T09:30:00+01:00. A time without a zone is
UTC; a day without a time is its first moment, 00:00 UTC.")]
pub(crate) struct Production {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// The moment to ask about [default: now]
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) at: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The latest earlier production version that was not itself rolled back from is in
production again, at once; approvers are told by mail. On a terminal you are
asked first.")]
pub(crate) struct Rollback {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// Why, for the record and the mail
    #[arg(long)]
    pub(crate) reason: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
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
    fn a_reference_is_a_model_or_a_version() {
        assert!(matches!("aa/bb/c".parse(), Ok(Reference::Model(_))));
        assert!(matches!("aa/bb/c@2".parse(), Ok(Reference::Version(_))));
        assert!("aa/bb".parse::<Reference>().is_err());
    }
}
