//! The audit log.

use super::{Limit, Output, moment, tenant};
use chrono::{DateTime, Utc};
use clap::{Args as ClapArgs, Subcommand};
use weighhouse_types::reference::ModelRef;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what happened, newest first
    List(AuditList),
    /// Show the size and root of the log
    Head(AuditHead),
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
pub(crate) struct AuditHead {
    /// The tenant; the token's own unless given
    #[arg(value_parser = tenant)]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}
