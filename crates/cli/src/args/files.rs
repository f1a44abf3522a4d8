//! Moving a version's files.

use super::{Output, Progress};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use weighhouse_types::reference::{ModelRef, VersionName};

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
A missing model is made; a missing project is an error. The same content pushed
again answers with the version that is there. A push that breaks off leaves
nothing visible, and the next one sends only what is missing.

What a project knows beforehand stands in its manifest, weighhouse.toml, all of
it optional; a context file (--context) has the same components, of this push:

  model = \"acme/claims/fraud\"        # in place of --model
  capture = [\"git\", \"env\"]          # in place of --from-git and --from-env

  [[data]]                            # name, uri, digest, snapshot, rows, schema,
  name = \"claims-2025\"               # split, time_range = { from, until }, note
  [features]                          # name, version, reference, steps
  [training.hyperparameters]          # anything; also [training.config]
  learning_rate = 0.05
  [[evaluation]]                      # dataset, digest, rows, metrics, slices (by,
  dataset = \"holdout\"                # value, rows, metrics), lower_is_better
  metrics = { auc = 0.91 }
  [code]                              # repository, commit, dirty, diff_digest,
  entry_point = \"train.py\"           # entry_point, lock
  [environment.seeds]                 # also hardware, os, languages, libraries
  numpy = 42
  [deployment]                        # flavour, runtime, resources, port,
  port = 8080                         # health_check

Of what two say, flags win over the context file, that over the manifest, and
that over what is found out; tables are merged, lists taken whole.

--from-git reads the repository around the manifest, or else around the current
folder. Passwords are taken out of its address. The digest of local changes
covers untracked files, and leaves out what is pushed. --from-env reads the
active environment's files ($VIRTUAL_ENV, $CONDA_PREFIX, or the system's Python)
and imports nothing; it describes the machine that it runs on.

A language model's prompts may lie in files of their own, beside the context:

  [llm]
  provider = \"openai\"
  model = \"gpt-4o-2024-08-06\"
  prompts = { system = \"prompts/system.txt\", user = { file = \"prompts/user.txt\" } }

Folders named .git and .weighhouse are left out. Symbolic links are followed to
files inside the folder; links that lead out of it are refused.

Example:
  wh push ./model --model acme/claims/fraud --context context.toml
  wh push ./model --from-git --from-env
  wh push --model acme/claims/desk --context system.toml
  wh push --model acme/claims/summariser --context summariser.toml")]
pub(crate) struct Push {
    /// The model's file or folder; none for a system, or a language model that a provider serves
    pub(crate) path: Option<PathBuf>,
    /// The model: tenant/project/model [default: what weighhouse.toml says]
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<ModelRef>,
    /// The version's other components, as .json or .toml
    #[arg(long, short, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    /// Take the code from git: repository, commit, local changes, lock files
    #[arg(long)]
    pub(crate) from_git: bool,
    /// Take the environment from here: Python and its distributions, system, hardware
    #[arg(long)]
    pub(crate) from_env: bool,
    /// The manifest [default: weighhouse.toml, upwards from PATH, or from here, within the repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
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
    /// The version: tenant/project/model@3, or @ and an alias
    pub(crate) version: VersionName,
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
