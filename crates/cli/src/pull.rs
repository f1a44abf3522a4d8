//! `wh pull`: a version's files, verified against its digest.

use crate::http::{self, Client};
use crate::progress::Progress;
use crate::{args, download, hash, output, urls};
use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::DecimalBytes;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use weighhouse_ledger::canonical;
use weighhouse_types::context::{FileEntry, artifact_of};
use weighhouse_types::paths::path_check;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::Version;

/// Fetches the files of a version.
pub(crate) async fn pull(args: args::Pull) -> Result<()> {
    let client = Client::from_config()?;
    let asked = client.resolve(&args.version).await?;
    let answer = client.read(&urls::Path::version(&asked), &[]).await?;
    let version: Version = answer.decode()?;
    let files = manifest(&asked, &version)?;
    let folder = match args.output {
        Some(folder) => folder,
        None => default_folder(&asked)?,
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    if !args.force {
        let paths: BTreeSet<_> = files.iter().map(|f| f.path.as_str()).collect();
        strangers_check(&folder, "", &paths)?;
    }
    let missing = missing(&folder, &files, args.force, args.progress).await?;
    fetch_all(&client, &asked, &folder, &missing, args.progress).await?;

    if args.json {
        return output::json(&answer.json);
    }
    let total = files.iter().map(|f| f.size).sum();
    let kept = files.len() - missing.len();
    let kept = if kept > 0 { format!(", {kept} of them there already") } else { String::new() };
    output::print(&format!(
        "pulled {} into {}: {} file{}, {}{kept}\nverified sha256:{}\n",
        asked,
        folder.display(),
        files.len(),
        output::plural(files.len()),
        DecimalBytes(total),
        version.summary.digest,
    ))
}

/// The version's files, once the version is known to be what its digest says.
fn manifest(asked: &VersionRef, version: &Version) -> Result<Vec<FileEntry>> {
    if version.summary.reference != *asked {
        bail!("the server answered with {} when asked for {asked}", version.summary.reference);
    }
    let digest = canonical::digest_hex(&version.context)?;
    if digest != version.summary.digest {
        bail!(
            "{asked} is not what was registered: its content has the digest sha256:{digest}, and its record says sha256:{}",
            version.summary.digest
        );
    }
    let artifact = artifact_of(&version.context).map_err(|e| anyhow!("{asked} cannot be pulled: {e}"))?;
    Ok(artifact.with_context(|| format!("{asked} has no files"))?.files)
}

fn default_folder(version: &VersionRef) -> Result<PathBuf> {
    let name = format!("{}-{}", version.model.model, version.number);
    path_check(&name).map_err(|e| anyhow!("the model's name cannot be a folder's: {e}; name one with -o"))?;
    Ok(PathBuf::from(name))
}

/// Refuses a folder with other files in it; what an interrupted pull left is
/// removed.
fn strangers_check(root: &Path, inside: &str, paths: &BTreeSet<&str>) -> Result<()> {
    let folder = root.join(inside);
    let cannot = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(&folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = if inside.is_empty() { name.to_string() } else { format!("{inside}/{name}") };
        let kind = entry.file_type().with_context(cannot)?;
        let needed = paths
            .range(format!("{path}/").as_str()..)
            .next()
            .is_some_and(|p| p.starts_with(&format!("{path}/")));
        if kind.is_dir() && needed {
            strangers_check(root, &path, paths)?;
        } else if kind.is_file() && download::is_partial(&name) {
            fs::remove_file(entry.path())
                .with_context(|| format!("cannot remove {}", entry.path().display()))?;
        } else if !(kind.is_file() && paths.contains(path.as_str())) {
            bail!(
                "{} is not part of the version: pull into an empty folder, or with --force beside what is there",
                entry.path().display()
            );
        }
    }
    Ok(())
}

/// The files that are not there yet.
async fn missing(
    root: &Path,
    files: &[FileEntry],
    force: bool,
    shown: args::Progress,
) -> Result<Vec<FileEntry>> {
    let mut missing = Vec::new();
    let mut present = Vec::new();
    for file in files {
        match found(root, &file.path)? {
            Some(size) if size == file.size => present.push(file.clone()),
            Some(_) if !force => return Err(differs(&root.join(&file.path))),
            Some(_) | None => missing.push(file.clone()),
        }
    }
    let progress = Progress::begin(
        "checking",
        present.iter().map(|f| f.size).sum(),
        shown.progress && !present.is_empty(),
    );
    for file in present {
        let (target, size, attempt) = (root.join(&file.path), file.size, progress.attempt());
        let hashed = tokio::task::spawn_blocking(move || {
            let opened = fs::File::open(&target)?;
            hash::hash(opened, size, &|bytes| attempt.add(bytes))
        });
        let hashed = hashed.await?.with_context(|| format!("cannot read {}", file.path))?;
        if hashed.whole.to_string() == file.sha256 {
            continue;
        }
        if !force {
            return Err(differs(&root.join(&file.path)));
        }
        missing.push(file);
    }
    Ok(missing)
}

fn differs(target: &Path) -> anyhow::Error {
    anyhow!("{} is there with other content; --force replaces it", target.display())
}

/// The size of the file that is at a path already. Nothing is written through
/// links: they could lead out of the folder.
fn found(root: &Path, path: &str) -> Result<Option<u64>> {
    let mut target = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        target.push(part);
        let metadata = match fs::symlink_metadata(&target) {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", target.display())),
        };
        let kind = metadata.file_type();
        match parts.peek() {
            Some(_) if kind.is_dir() => (),
            None if kind.is_file() => return Ok(Some(metadata.len())),
            _ => bail!("{} is in the way of {path}; remove it first", target.display()),
        }
    }
    Ok(None)
}

async fn fetch_all(
    client: &Client,
    version: &VersionRef,
    root: &Path,
    files: &[FileEntry],
    shown: args::Progress,
) -> Result<()> {
    for folder in files
        .iter()
        .filter_map(|f| f.path.rsplit_once('/'))
        .map(|(folder, _)| folder)
        .collect::<BTreeSet<_>>()
    {
        let folder = root.join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let progress = Progress::begin("fetching", files.iter().map(|f| f.size).sum(), shown.progress);
    let (small, large): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.size <= http::SMALL);
    for (files, at_once) in [(small, http::SMALL_AT_ONCE), (large, http::LARGE_AT_ONCE)] {
        stream::iter(files)
            .map(|file| {
                let (target, progress) = (root.join(&file.path), &progress);
                async move { download::fetch(client, version, file, &target, progress).await }
            })
            .buffer_unordered(at_once)
            .try_collect::<()>()
            .await?;
    }
    Ok(())
}
