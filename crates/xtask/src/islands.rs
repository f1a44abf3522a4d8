//! The WebAssembly of the islands: cargo, then wasm-bindgen, then wasm-opt.
//!
//! wasm-bindgen comes as a library, so that the lock file pins it to the
//! version that the islands were compiled against. wasm-opt comes from npm's
//! binaryen: Debian's older one, and the flag `--all-features` with any, give
//! a module that loads and then does nothing.

use crate::site::is_newer;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// Builds `weighhouse.js` and `weighhouse_bg.wasm` into `target/islands`,
/// unless they are newer than what they are made of.
pub(crate) fn build(root: &Path) -> Result<()> {
    compile(root)?;
    let compiled = root.join("target/wasm32-unknown-unknown/wasm-release/weighhouse_hydrate.wasm");
    let out = folder(root);
    let module = out.join("weighhouse_bg.wasm");
    if is_newer(&module, &compiled) {
        return Ok(());
    }
    let bound = root.join("target/islands/bound");
    bind(&compiled, &bound)?;
    std::fs::create_dir_all(&out)?;
    std::fs::copy(bound.join("weighhouse.js"), out.join("weighhouse.js"))?;
    // Last, since its age says that all of it is done.
    optimise(root, &bound.join("weighhouse_bg.wasm"), &module)?;
    let size = std::fs::metadata(&module)?.len();
    println!("islands: {} kB of WebAssembly", size.div_ceil(1000));
    Ok(())
}

/// Where the finished module lies.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("target/islands/pkg")
}

fn compile(root: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).current_dir(root).args([
        "build",
        "--quiet",
        "--package=weighhouse-hydrate",
        "--lib",
        "--target=wasm32-unknown-unknown",
        "--profile=wasm-release",
    ]))
}

fn bind(compiled: &Path, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name("weighhouse")
        .web(true)?
        .typescript(false)
        .generate(out)
        .context("wasm-bindgen failed")
}

fn optimise(root: &Path, from: &Path, to: &Path) -> Result<()> {
    let wasm_opt = root.join("node_modules/.bin/wasm-opt");
    ensure!(wasm_opt.exists(), "wasm-opt is missing: run `npm ci` first");
    let unfinished = to.with_extension("unfinished");
    run(Command::new(wasm_opt).arg("-Oz").arg(from).arg("-o").arg(&unfinished))?;
    Ok(std::fs::rename(unfinished, to)?)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program} failed: {status}");
    Ok(())
}
