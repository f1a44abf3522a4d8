//! What is attested about a version, and scanning files before they are one.

use super::Output;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use weighhouse_types::reference::VersionRef;

#[derive(Debug, Subcommand)]
pub(crate) enum Attest {
    /// Append results on test sets
    Evaluation(AttestEvaluation),
    /// Append a model card
    Card(AttestFile),
    /// Append a signature of OpenSSF model-signing, which is checked at once
    Signature(AttestFile),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The file is JSON: a list of results, or an object with `results`, `run` and `note`.
Several results of one test set are repeats of it, and show how much they differ.

  [{\"dataset\": \"production-2026-02\", \"metrics\": {\"auc\": 0.91, \"loss\": 0.2},
    \"lower_is_better\": [\"loss\"],
    \"slices\": [{\"by\": \"region\", \"value\": \"East\", \"metrics\": {\"auc\": 0.88}}]}]

It is evidence: approvals that an open request has are void from then on.

Example:
  wh attest evaluation acme/claims/fraud@3 results.json --run \"nightly 41\"")]
pub(crate) struct AttestEvaluation {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The results, as .json; several files are repeats
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The run that made them
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// What to know about them
    #[arg(long)]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AttestFile {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The card in CommonMark, or the signature's bundle
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh comment acme/claims/fraud@3 \"The East looks better than last quarter.\"")]
pub(crate) struct Comment {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// What to say, in CommonMark
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Reads pickles, also inside of PyTorch files, archives and NumPy files, and says
what they would run when loaded. Nothing is loaded, and no server is asked.

Exit codes: 0 no danger, 1 danger, or files that cannot be read to the end.

Example:
  wh scan ./model")]
pub(crate) struct Scan {
    /// The file or folder
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}
