//! `wh push`: from files to a version, sending only what the server misses.

use crate::capture::{self, Wanted};
use crate::hash::{self, Hashed};
use crate::http::{Answer, Client, Key, say};
use crate::progress::Progress;
use crate::retry::retrying;
use crate::upload::{self, Upload};
use crate::urls::{self, Path};
use crate::walk::{self, Source};
use crate::{args, context, manifest, output};
use anyhow::{Context as _, Result, bail};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::DecimalBytes;
use reqwest::StatusCode;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use weighhouse_ledger::canonical;
use weighhouse_types::blobs::{BlobQuery, BlobStatus, BlobsQuery};
use weighhouse_types::context::{FileEntry, Supply};
use weighhouse_types::error::Code;
use weighhouse_types::reference::ModelRef;
use weighhouse_types::versions::{Version, VersionRegister};

/// Files hashed at once: two cores are the least that machines have.
const HASHED_AT_ONCE: usize = 2;
/// Files in one question about what is missing.
const QUERY_MAX: usize = 1000;

/// Registers a file or folder as a version of a model.
pub(crate) async fn push(args: args::Push) -> Result<()> {
    let files = match &args.path {
        Some(path) => found(path)?,
        None => Vec::new(),
    };
    let (model, components) = declared(&args).await?;
    if files.is_empty() && components.is_empty() {
        bail!(
            "what is to be pushed? name a file or folder, or components in --context or {}",
            manifest::NAME
        );
    }
    // Paths that cannot stand together are found before hours of hashing.
    context::with_files(components.clone(), entries(&files, None))?;
    let client = Client::from_config()?;
    project_check(&client, &model).await?;

    let hashed = hash_all(&files, args.progress).await?;
    let context = context::with_files(components, entries(&files, Some(&hashed)))?;
    if !files.is_empty() {
        send(&client, &model.tenant, &files, &hashed, args.progress).await?;
    }
    files.iter().try_for_each(Source::unchanged)?;
    let pushed = Value::Object(context);
    let answer = register(&client, &model, pushed.clone()).await?;
    report(&client, &answer, pushed, args.output)
}

/// The model, and the components that flags, files and the surroundings give.
async fn declared(args: &args::Push) -> Result<(ModelRef, Map<String, Value>)> {
    let pushed = args.path.as_deref().map(absolute).transpose()?;
    let here = absolute(".".as_ref())?;
    let manifest = manifest::read(args.manifest.as_deref(), pushed.as_ref().unwrap_or(&here))?;
    let found = manifest.is_some();
    let manifest = manifest.unwrap_or_default();
    let model = args.model.clone().or(manifest.model);
    let model = model.context("which model? name it with --model, or as `model` in weighhouse.toml")?;
    let base = if found { absolute(&manifest.folder)? } else { here };
    let wanted = Wanted { git: args.from_git || manifest.git, env: args.from_env || manifest.env };
    let captured = capture::capture(wanted, base, pushed).await?;
    for line in &captured.said {
        say(line);
    }
    if !manifest.components.is_empty() {
        let keys: Vec<_> = manifest.components.keys().map(String::as_str).collect();
        say(&format!("from {}: {}", manifest::NAME, keys.join(", ")));
    }
    let mut sources = vec![
        ("what was found out".to_owned(), captured.components),
        (manifest::NAME.to_owned(), manifest.components),
    ];
    if let Some(file) = &args.context {
        sources.push((file.display().to_string(), context::read(file)?));
    }
    Ok((model, context::merged(sources)?))
}

/// The files below a path; says what is left out.
fn found(path: &std::path::Path) -> Result<Vec<Source>> {
    let walked = walk::walk(path)?;
    for path in &walked.skipped {
        eprintln!("left out: {path}");
    }
    Ok(walked.files)
}

fn absolute(path: &std::path::Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Finds a missing project, or a token that reaches nothing, before the work.
async fn project_check(client: &Client, model: &ModelRef) -> Result<()> {
    match client.read(&Path::project(&model.tenant, &model.project), &[]).await {
        // A token that may register need not be able to read.
        Err(error) if error.code() != Some(Code::Forbidden) => Err(error.into()),
        _ => Ok(()),
    }
}

fn entries(files: &[Source], hashed: Option<&[Hashed]>) -> Vec<FileEntry> {
    let digest = |n: usize| hashed.and_then(|all| all.get(n)).map(|h| h.whole.to_string());
    let entry = |(n, file): (usize, &Source)| FileEntry {
        path: file.path.clone(),
        size: file.size(),
        sha256: digest(n).unwrap_or_else(|| "0".repeat(64)),
    };
    files.iter().enumerate().map(entry).collect()
}

async fn hash_all(files: &[Source], shown: args::Progress) -> Result<Vec<Hashed>> {
    let total = files.iter().map(Source::size).sum();
    let progress = Progress::begin("hashing", total, shown.progress);
    stream::iter(files.iter().cloned())
        .map(|file| {
            let attempt = progress.attempt();
            tokio::task::spawn_blocking(move || hash_file(&file, &|bytes| attempt.add(bytes)))
        })
        .buffered(HASHED_AT_ONCE)
        .map(|joined| joined.context("hashing was broken off").flatten())
        .try_collect()
        .await
}

fn hash_file(file: &Source, read: &(dyn Fn(u64) + Sync)) -> Result<Hashed> {
    let cannot = || format!("cannot read {}", file.local().display());
    let opened = std::fs::File::open(file.local()).with_context(cannot)?;
    match hash::hash(opened, file.size(), read) {
        Ok(hashed) => file.unchanged().map(|()| hashed),
        Err(e) if matches!(e.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => {
            Err(file.changed())
        }
        Err(e) => Err(e).with_context(cannot),
    }
}

/// Brings every file to the server that it does not have.
async fn send(
    client: &Client,
    tenant: &str,
    files: &[Source],
    hashed: &[Hashed],
    shown: args::Progress,
) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    let distinct: Vec<_> = files.iter().zip(hashed).filter(|(_, h)| seen.insert(h.whole)).collect();
    let status = query(client, tenant, &distinct).await?;
    let mut uploads = Vec::new();
    for (file, hashed) in &distinct {
        let Some(status) = status.get(&hashed.whole.to_string()) else {
            bail!("the server does not say whether it has {}", file.path);
        };
        if !status.present {
            uploads.push(Upload::new(file, hashed, status));
        }
    }
    let total: u64 = files.iter().map(Source::size).sum();
    let missing: u64 = uploads.iter().map(Upload::bytes).sum();
    if !uploads.is_empty() {
        let progress = Progress::begin("sending", missing, shown.progress);
        upload::send(client, tenant, &uploads, &progress).await?;
    }
    let files = files.len();
    eprintln!(
        "{files} file{}, {}; sent {}",
        output::plural(files),
        DecimalBytes(total),
        DecimalBytes(missing)
    );
    Ok(())
}

async fn query(
    client: &Client,
    tenant: &str,
    files: &[(&Source, &Hashed)],
) -> Result<BTreeMap<String, BlobStatus>> {
    let mut status = BTreeMap::new();
    for some in files.chunks(QUERY_MAX) {
        let file = |(file, hashed): &(&Source, &Hashed)| BlobQuery {
            sha256: hashed.whole.to_string(),
            size: file.size(),
        };
        let body = BlobsQuery { files: some.iter().map(file).collect() };
        let path = Path::tenant(tenant).join(["blobs", "query"]);
        let answered: Vec<BlobStatus> = client.act(&path, &body).await?.decode()?;
        status.extend(answered.into_iter().map(|s| (s.sha256.clone(), s)));
    }
    Ok(status)
}

async fn register(client: &Client, model: &ModelRef, context: Value) -> Result<Answer> {
    let body = VersionRegister { context, create_model: true };
    let path = Path::model(model).join(["versions"]);
    let key = Key::fresh();
    Ok(retrying(&say, || client.post_patiently(&path, &key, &body)).await?)
}

/// What was pushed as the registry must have it: the digests that a system
/// leaves out are those of the registry's versions.
fn filled(mut pushed: Value, registered: &Value) -> Value {
    let parts = pushed.pointer_mut("/system/components").and_then(Value::as_object_mut);
    for (role, part) in parts.into_iter().flatten() {
        let theirs = registered.pointer("/system/components").and_then(|parts| parts.get(role));
        let (Some(part), Some(digest)) = (part.as_object_mut(), theirs.and_then(|part| part.get("digest")))
        else {
            continue;
        };
        part.entry("digest").or_insert_with(|| digest.clone());
    }
    pushed
}

fn report(client: &Client, answer: &Answer, pushed: Value, output: args::Output) -> Result<()> {
    let version: Version = answer.decode()?;
    let digest = canonical::digest_hex(&filled(pushed, &version.context))?;
    let summary = version.summary;
    if summary.digest != digest {
        bail!(
            "{} was registered with digest sha256:{}, but what was pushed is sha256:{digest}",
            summary.reference,
            summary.digest
        );
    }
    if output.json {
        return output::json(&answer.json);
    }
    let page = urls::version_page(client.base(), &summary.reference);
    let done = if answer.status == StatusCode::CREATED { "registered" } else { "already there as" };
    output::print(&format!(
        "{done} {}  sha256:{digest}  {page}\ncontext {} of {}{}\n",
        summary.reference,
        summary.completeness.present.len(),
        summary.completeness.total(),
        missing(&version.supplies)
    ))
}

/// What is missing, and what brings it with the next push. Approval comes by itself.
fn missing(supplies: &[Supply]) -> String {
    let missing = |supply: &Supply| {
        let Supply { title, what, flag, toml, .. } = supply;
        let by = match (flag, toml) {
            (Some(flag), Some(_)) => format!("{flag}, and in {}", manifest::NAME),
            (Some(flag), None) => flag.clone(),
            (None, _) => format!("in {}", manifest::NAME),
        };
        let lines = toml.iter().flat_map(|toml| toml.lines()).map(|line| format!("\n      {line}"));
        format!("\n  {}: {what} ({by}){}", title.to_lowercase(), lines.collect::<String>())
    };
    let supplies: Vec<_> = supplies.iter().filter(|supply| supply.component != "approval").collect();
    let all: String = supplies.iter().map(|supply| missing(supply)).collect();
    if all.is_empty() { all } else { format!("; missing:{all}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(size: u64) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        std::fs::File::create(&path).unwrap().set_len(size).unwrap();
        let source = walk::walk(&path).unwrap().files.remove(0);
        (folder, source)
    }

    #[test]
    fn a_file_that_shrinks_grows_or_is_rewritten_is_an_error() {
        for size in [5, 15, 20_000_000] {
            let (_folder, file) = found(10_000_000);
            std::fs::File::options().write(true).open(file.local()).unwrap().set_len(size).unwrap();
            let error = hash_file(&file, &|_| ()).unwrap_err().to_string();
            assert!(error.contains("changed while it was pushed"), "{error}");
        }
    }

    #[tokio::test]
    async fn many_files_are_hashed_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..20 {
            std::fs::write(folder.path().join(format!("{n:02}")), [n]).unwrap();
        }
        let files = walk::walk(folder.path()).unwrap().files;
        let hashed = hash_all(&files, args::Progress { progress: false }).await.unwrap();
        let entries = entries(&files, Some(&hashed));
        assert_eq!(entries.len(), 20);
        // printf '\x03' | sha256sum
        assert_eq!(entries[3].sha256, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5");
    }
}
