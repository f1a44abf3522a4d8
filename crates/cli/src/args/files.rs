//! Moving a version's files.

use super::{Output, Progress};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use weighhouse_types::reference::{ModelRef, VersionRef};

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A missing model is made; a missing project is an error. The same content pushed
again answers with the version that is there. A push that breaks off leaves
nothing visible, and the next one sends only what is missing.

The context file holds the version's other components, each optional: data,
features, training, evaluation, code, environment, deployment, llm. For example:

  [code]
  repository = \"https://git.example/fraud\"
  commit = \"4f2a9c1\"

  [[evaluation]]
  dataset = \"claims-2025-holdout\"
  metrics = { auc = 0.91 }

A language model's prompts may lie in files of their own, beside the context:

  [llm]
  provider = \"openai\"
  model = \"gpt-4o-2024-08-06\"
  prompts = { system = \"prompts/system.txt\", user = { file = \"prompts/user.txt\" } }

Folders named .git and .weighhouse are left out. Symbolic links are followed to
files inside the folder; links that lead out of it are refused.

Example:
  wh push ./model --model acme/claims/fraud --context context.toml
  wh push --model acme/claims/summariser --context summariser.toml")]
pub(crate) struct Push {
    /// The model's file or folder; none where the context says all, as of a language model
    #[arg(required_unless_present = "context")]
    pub(crate) path: Option<PathBuf>,
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
there with the right digest are kept.

Example:
  wh pull acme/claims/fraud@3 -o ./fraud")]
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
