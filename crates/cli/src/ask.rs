//! Asking the person at the terminal, and reading secrets.

use anyhow::{Context as _, Result, bail};
use std::io::{IsTerminal as _, Read as _};

/// The longest secret that is read, in bytes.
const SECRET_MAX: u64 = 4096;

/// Whether there is somebody to ask.
pub(crate) fn somebody() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line.
///
/// # Errors
/// When there is nobody; `instead` says what to do then.
pub(crate) fn line(question: &str, instead: &str) -> Result<String> {
    present(instead)?;
    eprint!("{question}");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Asks for a secret, which does not show.
///
/// # Errors
/// When there is nobody; `instead` says what to do then.
pub(crate) fn secret(question: &str, instead: &str) -> Result<String> {
    present(instead)?;
    let terminal = console::Term::stderr();
    terminal.write_str(question)?;
    terminal.read_secure_line().context("cannot read from the terminal")
}

/// A secret from standard input, to the end of the input or of its line.
pub(crate) fn secret_from_stdin() -> Result<String> {
    let mut secret = String::new();
    std::io::stdin().take(SECRET_MAX).read_to_string(&mut secret).context("cannot read standard input")?;
    Ok(secret.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether the person agrees; anything but a yes is a no.
///
/// # Errors
/// When the terminal cannot be read.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    eprint!("{} [y/N] ", crate::output::clean(question));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn present(instead: &str) -> Result<()> {
    if somebody() { Ok(()) } else { bail!("there is no terminal to ask on: {instead}") }
}
