//! What helps people at their shell.

use clap::Args as ClapArgs;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  wh completions bash > ~/.local/share/bash-completion/completions/wh
  wh completions zsh  > ~/.zfunc/_wh        # a folder of $fpath
  wh completions fish > ~/.config/fish/completions/wh.fish")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh man -o ~/.local/share/man/man1 && man wh-push")]
pub(crate) struct Man {
    /// The folder to write the pages to: wh.1, and one a command
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
}
