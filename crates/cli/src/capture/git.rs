//! The state of the code: repository, commit, local changes and lock files.

use super::program;
use crate::hash;
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use weighhouse_types::context::secret_in;

/// The most files that git does not know; more are a folder that was forgotten
/// in `.gitignore`.
const UNTRACKED_MAX: usize = 10_000;

/// Files that pin what code depends on.
const LOCKS: [&str; 18] = [
    "Cargo.lock",
    "Pipfile.lock",
    "conda-lock.yml",
    "environment.yml",
    "environment.yaml",
    "flake.lock",
    "go.sum",
    "package-lock.json",
    "pdm.lock",
    "pixi.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pylock.toml",
    "renv.lock",
    "requirements.txt",
    "uv.lock",
    "yarn.lock",
    "Manifest.toml",
];

/// The component `code` of the repository around a folder, and what to say of it.
pub(super) fn code(base: &Path, pushed: Option<&Path>) -> Result<(Value, String)> {
    let top = match ask(base, &["rev-parse", "--show-toplevel"])? {
        Some(top) => PathBuf::from(top),
        None => bail!("--from-git: {} is in no git repository", base.display()),
    };
    let commit = ask(&top, &["rev-parse", "--verify", "HEAD"])?;
    let commit = commit.context("--from-git: the repository has no commit yet; commit first")?;
    let repository = remote(&top)?;
    let changes = changes(&top, pushed)?;
    let lock = locks(&top, base)?;

    let mut code = json!({ "commit": commit, "dirty": changes.is_some() });
    let mut said = format!("commit {}", commit.get(..12).unwrap_or(&commit));
    if let Some(repository) = repository {
        said.push_str(&format!(" of {repository}"));
        insert(&mut code, "repository", json!(repository));
    }
    match changes {
        Some(digest) => {
            said.push_str(", with local changes");
            insert(&mut code, "diff_digest", json!(format!("sha256:{digest}")));
        }
        None => said.push_str(", nothing changed since"),
    }
    if !lock.is_empty() {
        let names: Vec<_> = lock.keys().map(String::as_str).collect();
        said.push_str(&format!(", {}", names.join(", ")));
        insert(&mut code, "lock", json!(lock));
    }
    Ok((code, said))
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.into(), value);
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program("git", folder);
    // The repository's own settings must not run a program, nor change the form.
    command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]).args(arguments);
    command.stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn missing(error: &io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => anyhow!("--from-git needs the program git, which is not installed here"),
        _ => anyhow!("--from-git: git cannot be run: {error}"),
    }
}

/// The one line that git answers; none where it has no answer.
fn ask(folder: &Path, arguments: &[&str]) -> Result<Option<String>> {
    let output = git(folder, arguments).output().map_err(|e| missing(&e))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("dubious ownership") {
        bail!("--from-git: git does not trust this folder, which somebody else owns: {}", said.trim());
    }
    let text = String::from_utf8(output.stdout).context("--from-git: git answers with what is no UTF-8")?;
    Ok(Some(text.trim_end().to_owned()).filter(|text| output.status.success() && !text.is_empty()))
}

/// Where the code comes from: `origin`, or else the first remote, without
/// what would let others in.
fn remote(top: &Path) -> Result<Option<String>> {
    let name = match ask(top, &["remote"])? {
        Some(names) if names.lines().any(|name| name == "origin") => "origin".to_owned(),
        Some(names) => names.lines().next().unwrap_or_default().to_owned(),
        None => return Ok(None),
    };
    Ok(ask(top, &["remote", "get-url", "--", &name])?.map(|url| without_secret(&url)))
}

/// An address without its password; on the web without its user, a token often.
fn without_secret(url: &str) -> String {
    let Some(secret) = secret_in(url) else { return url.to_owned() };
    let web = url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    match secret.split_once(':') {
        Some((user, _)) if !web => url.replacen(secret, user, 1),
        _ => url.replacen(&format!("{secret}@"), "", 1),
    }
}

/// The digest of what differs from the commit, if anything does: of git's
/// binary diff, and then, by path, of each file that git does not know.
fn changes(top: &Path, pushed: Option<&Path>) -> Result<Option<String>> {
    let mut paths = vec![":/".to_owned()];
    let inside = pushed.and_then(|pushed| pushed.strip_prefix(top).ok()?.to_str());
    if let Some(inside) = inside.filter(|inside| !inside.is_empty()) {
        paths.push(format!(":(top,exclude,literal){inside}"));
    }
    let mut hash = Sha256::new();
    let differs = diff(top, &paths, &mut hash)?;
    let unknown = untracked(top, &paths)?;
    for path in &unknown {
        let content = content(&top.join(path)).with_context(|| format!("--from-git: cannot read {path}"))?;
        hash.update(format!("\0{path}\0{content}\n"));
    }
    Ok((differs || !unknown.is_empty()).then(|| hash.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

fn diff(top: &Path, paths: &[String], hash: &mut Sha256) -> Result<bool> {
    // Every option that would let a setting change the bytes.
    let arguments = [
        "diff",
        "HEAD",
        "--binary",
        "--full-index",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--unified=3",
        "--diff-algorithm=myers",
        "--submodule=short",
        "--",
    ];
    let mut child =
        git(top, &arguments).args(paths).stderr(Stdio::inherit()).spawn().map_err(|e| missing(&e))?;
    let mut diff = child.stdout.take().context("git has no output")?;
    let (mut buffer, mut any) = (vec![0; 1 << 16], false);
    loop {
        let read = diff.read(&mut buffer).context("--from-git: git diff broke off")?;
        if read == 0 {
            break;
        }
        any = true;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    if !child.wait()?.success() {
        bail!("--from-git: git diff failed");
    }
    Ok(any)
}

/// The files that git neither knows nor ignores, in byte order.
fn untracked(top: &Path, paths: &[String]) -> Result<Vec<String>> {
    let arguments = ["ls-files", "--others", "--exclude-standard", "-z", "--"];
    let output = git(top, &arguments).args(paths).output().map_err(|e| missing(&e))?;
    if !output.status.success() {
        bail!("--from-git: git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("--from-git: a file's name is no UTF-8")?;
    let mut names: Vec<_> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() > UNTRACKED_MAX {
        bail!(
            "--from-git: git does not know {} files here; commit them or name them in .gitignore",
            names.len()
        );
    }
    names.sort_unstable();
    Ok(names)
}

/// What stands for a path's content: a link's target, or a file's digest. A
/// repository inside the repository is its own affair.
fn content(path: &Path) -> Result<String> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_symlink() {
        return Ok(format!("link {}", fs::read_link(path)?.display()));
    }
    if kind.is_file() { digest(path) } else { Ok("no file".into()) }
}

fn digest(path: &Path) -> Result<String> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(hash::hash(file, size, &|_| ())?.whole.to_string())
}

/// Lock files at the repository's top and in the project's folder, by their
/// path from the top.
fn locks(top: &Path, base: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for folder in [top, base] {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let pins = LOCKS.contains(&name) || (name.starts_with("requirements") && name.ends_with(".txt"));
            if let Some(inside) = path.strip_prefix(top).ok().and_then(Path::to_str)
                && pins
                && path.is_file()
            {
                found.insert(inside.replace('\\', "/"), digest(&path)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_others_in_is_taken_out() {
        for (url, clean) in [
            ("https://ghp_x@git.example/a.git", "https://git.example/a.git"),
            ("https://u:p@git.example/a.git", "https://git.example/a.git"),
            ("ssh://git:pw@git.example:22/a", "ssh://git@git.example:22/a"),
            ("git@git.example:a/b.git", "git@git.example:a/b.git"),
            ("/srv/git/a.git", "/srv/git/a.git"),
        ] {
            assert_eq!(without_secret(url), clean);
        }
    }
}
