//! `weighhouse completions` and `weighhouse man`.

use crate::Cli;
use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;
use std::path::PathBuf;

/// Which shell's script.
#[derive(Args)]
#[command(after_help = "\
Example:
  weighhouse completions bash > ~/.local/share/bash-completion/completions/weighhouse")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Where the manual goes.
#[derive(Args)]
#[command(after_help = "\
Example:
  weighhouse man -o ~/.local/share/man/man1 && man weighhouse-serve")]
pub(crate) struct ManArgs {
    /// The folder to write the pages to: weighhouse.1, and one a subcommand
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "weighhouse", &mut script);
    std::io::stdout().write_all(&script).context("cannot write to standard output")
}

pub(crate) fn man(args: &ManArgs) -> Result<()> {
    let folder = &args.output;
    let cannot = || format!("cannot write to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(cannot)
}
