//! `wh completions` and `wh man`.

use crate::args::{self, Args};
use crate::output;
use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

/// Prints a script that completes the command line in a shell.
pub(crate) fn completions(args: args::Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "wh", &mut script);
    output::print(&String::from_utf8(script)?)
}

/// Writes the manual's pages.
pub(crate) fn man(args: args::Man) -> Result<()> {
    let folder = &args.output;
    let cannot = || format!("cannot write to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    clap_mangen::generate_to(Args::command(), folder).with_context(cannot)?;
    output::print(&format!(
        "the manual is in {}: man -l {}\n",
        folder.display(),
        folder.join("wh.1").display()
    ))
}
