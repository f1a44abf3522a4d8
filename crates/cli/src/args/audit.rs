//! The command line of audit logs.

use super::Output;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use weighhouse_ledger::note::Verifier;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Write the whole log, as far as it is signed, to a file for `wh verify`
    Export(AuditExport),
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
