//! Language models: their prompts, and the watch on their provider.

use super::{Limit, OneModel, Output, span, tenant};
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use std::time::Duration;
use weighhouse_types::reference::{ModelRef, VersionRef};

#[derive(Debug, Subcommand)]
pub(crate) enum Prompt {
    /// Print a version's prompt with values in the place of its variables
    Render(PromptRender),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The version's own examples stand for variables that are not set. A value that
begins with @ is read from that file.

Examples:
  wh prompt render acme/claims/summariser@2 system
  wh prompt render acme/claims/summariser@2 user --set language=German --set claim=@claim.txt")]
pub(crate) struct PromptRender {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The prompt's name
    pub(crate) prompt: String,
    /// A variable's value; repeat it for others
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, or NAME=@FILE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pin {
    /// Show the watch on a model's provider, what was seen, and the latest alerts
    Show(OneModel),
    /// Watch a model's provider, or change how
    Set(PinSet),
    /// Have the provider looked at now, and wait for what is found
    Check(PinCheck),
    /// End the watch; alerts stay, and what they block stays blocked
    Remove(OneModel),
    /// List providers' changes, newest first
    Alerts(PinAlerts),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Everything is set anew: what is left out is taken from the newest version, or is
none. Only the API key stays unless another is given; it is sealed and never
shown. Golden prompts are asked at temperature 0, and their answers compared:

  [[golden]]
  name = \"refund\"
  system = \"You are a claims handler.\"
  prompt = \"Is the refund of claim 118 covered?\"

Examples:
  wh pin set acme/claims/summariser --golden golden.toml --key-stdin < key
  wh pin set acme/claims/summariser --endpoint https://llm.example/v1 --every 6h")]
pub(crate) struct PinSet {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// The base of an API that speaks OpenAI's protocol [default: the newest version's]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// What the provider calls the model [default: as the newest version says]
    #[arg(long, value_name = "NAME")]
    pub(crate) pinned: Option<String>,
    /// Golden prompts, as .toml or .json
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: Option<PathBuf>,
    /// How often to look, 5m to 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = span)]
    pub(crate) every: Duration,
    /// Read the provider's API key from standard input
    #[arg(long, conflicts_with = "no_key")]
    pub(crate) key_stdin: bool,
    /// Forget the API key
    #[arg(long)]
    pub(crate) no_key: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit codes: 0 as it was recorded, 3 changed and not evaluated since, 5 it does
not answer or was not looked at in time.")]
pub(crate) struct PinCheck {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// How long to wait for the look
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = span)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PinAlerts {
    /// The tenant; the token's own unless given
    #[arg(value_parser = tenant)]
    pub(crate) tenant: Option<String>,
    /// Only those that are open
    #[arg(long)]
    pub(crate) open: bool,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}
