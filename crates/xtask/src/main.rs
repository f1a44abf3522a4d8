//! Build steps that a Makefile cannot say: `cargo xtask islands`.

mod islands;
mod site;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["islands"] => {
            let root = workspace_root()?;
            islands::build(&root)?;
            site::build(&root)
        }
        _ => bail!("usage: cargo xtask islands"),
    }
}

/// The repository, wherever the command is called in it.
fn workspace_root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).context("the crate lies two folders deep")?;
    Ok(root.to_path_buf())
}
