//! The audit log.

use super::{InTenant, Limit, Output, moment, tenant};
use chrono::{DateTime, Utc};
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use weighhouse_ledger::note::Verifier;
use weighhouse_types::reference::ModelRef;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what happened, newest first
    List(AuditList),
    /// Show the size and root of the log
    Head(InTenant),
    /// Write the whole log, as far as it is signed, to a file for `wh verify`
    Export(AuditExport),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
DATE is RFC 3339, such as 2026-03-15T09:30:00+01:00. A time without a zone is
UTC; a day without a time is its first moment, 00:00 UTC. An event is named
whole, such as promotion.approved, or by its first word, such as promotion.

Examples:
  wh audit list --limit 20
  wh audit list acme --model acme/claims/fraud --event promotion.approved
  wh audit list acme --actor ann@agency.example --since 2026-01-01 --until 2026-04-01 --json")]
pub(crate) struct AuditList {
    /// The tenant; the token's own unless given
    #[arg(value_parser = tenant)]
    pub(crate) tenant: Option<String>,
    /// Only what happened at this moment or later
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Only what happened before this moment
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) until: Option<DateTime<Utc>>,
    /// Only what this person did: their name or e-mail address
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only events of this kind
    #[arg(long)]
    pub(crate) event: Option<String>,
    /// Only what concerns this model: tenant/project/model
    #[arg(long)]
    pub(crate) model: Option<ModelRef>,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The file is JSON lines: the signed checkpoint, then every leaf with what it
records. It appears only when it is whole.")]
pub(crate) struct AuditExport {
    /// The tenant's name in URLs
    pub(crate) tenant: String,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) output_as: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Checks the checkpoint's signature, every leaf's hash, every payload that has not
expired, and that all leaves together have the signed root; with --checkpoint
also that the log only grew since then. Names the first leaf that does not fit.
Nothing is asked of any server: have the key from the audit page, or from the
agency, and keep it together with your checkpoints.")]
pub(crate) struct Verify {
    /// The file that `wh audit export` wrote
    pub(crate) file: PathBuf,
    /// The public key of the log: name+hash+base64; again for one that it replaced
    #[arg(long = "key", value_name = "KEY", required = true)]
    pub(crate) keys: Vec<Verifier>,
    /// An earlier export, or an earlier checkpoint
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// The log's own name, host/audit/id: refuse any other log of the same key
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}
