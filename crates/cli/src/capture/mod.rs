//! What `wh push` finds out by itself: the state of the code, and of the
//! machine and Python environment it runs in. Nothing of the user's is run.

mod git;
mod machine;
mod python;

use anyhow::Result;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be found out.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Wanted {
    pub(crate) git: bool,
    pub(crate) env: bool,
}

/// What was found: components, and a sentence about each for whoever pushes.
#[derive(Default)]
pub(crate) struct Captured {
    pub(crate) components: Map<String, Value>,
    pub(crate) said: Vec<String>,
}

/// Finds out what is wanted about `base`, the project's folder. What is pushed
/// is no part of the code's state: it is in the version itself.
///
/// # Errors
/// When there is no repository, or something cannot be read.
pub(crate) async fn capture(wanted: Wanted, base: PathBuf, pushed: Option<PathBuf>) -> Result<Captured> {
    let mut captured = Captured::default();
    if wanted.git {
        let (code, said) = tokio::task::spawn_blocking(move || git::code(&base, pushed.as_deref())).await??;
        captured.components.insert("code".into(), code);
        captured.said.push(format!("from git: {said}"));
    }
    if wanted.env {
        let gpus = machine::gpus().await;
        let (mut environment, machine) = machine::environment(gpus);
        let (python, said) = tokio::task::spawn_blocking(python::environment).await??;
        environment.extend(python);
        captured.components.insert("environment".into(), Value::Object(environment));
        captured.said.push(format!("from the environment: {said}; {machine}"));
    }
    Ok(captured)
}

/// A program, in a folder, that asks nobody and answers in English.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(std::process::Stdio::null());
    command
}
