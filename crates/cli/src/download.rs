//! Fetching one file of a version: to a temporary name, verified, renamed.

use crate::error::Error;
use crate::http::{self, ANSWER_TIMEOUT, Client};
use crate::progress::{Attempt, Progress};
use crate::retry::retrying;
use crate::urls;
use anyhow::{Context as _, Result};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::Path;
use tempfile::NamedTempFile;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use weighhouse_ledger::Hash;
use weighhouse_types::context::FileEntry;
use weighhouse_types::reference::VersionRef;

const PARTIAL_PREFIX: &str = ".wh-";
const PARTIAL_SUFFIX: &str = ".partial";
/// Chunks between the network and the disk.
const CHUNKS: usize = 4;

/// Whether a name is one that an interrupted download may leave behind.
pub(crate) fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL_PREFIX) && name.ends_with(PARTIAL_SUFFIX)
}

/// Fetches a file of a version to `target`, whose folder exists.
///
/// # Errors
/// When the server does not give it, it is not what the manifest says, or it
/// cannot be written. Nothing is left behind.
pub(crate) async fn fetch(
    client: &Client,
    version: &VersionRef,
    entry: &FileEntry,
    target: &Path,
    progress: &Progress,
) -> Result<()> {
    let note = |text: &str| progress.note(text);
    let fetch = || async {
        let attempt = progress.attempt();
        let fetched = once(client, version, entry, target, &attempt).await;
        if fetched.is_err() {
            attempt.take_back();
        }
        fetched
    };
    retrying(&note, fetch).await.with_context(|| format!("cannot pull {}", entry.path))
}

async fn once(
    client: &Client,
    version: &VersionRef,
    entry: &FileEntry,
    target: &Path,
    attempt: &Attempt,
) -> Result<(), Error> {
    let path = urls::Path::version(version).join(["files"]).join(entry.path.split('/'));
    let mut response = client.bytes(&path).await?;

    let (partial, chunks, written) = begin(target).map_err(local)?;
    let mut left = entry.size;
    while let Some(chunk) = http::within(ANSWER_TIMEOUT, async { Ok(response.chunk().await?) }).await? {
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        left =
            left.checked_sub(length).ok_or_else(|| wrong(format!("more than {} bytes came", entry.size)))?;
        attempt.add(length);
        if chunks.send(chunk).await.is_err() {
            break;
        }
    }
    drop(chunks);
    let hash = match written.await {
        Ok(result) => result.map_err(local)?,
        Err(panic) => return Err(Error::Final(panic.to_string())),
    };
    if left > 0 {
        return Err(wrong(format!("{left} of {} bytes did not come", entry.size)));
    }
    if hash.to_string() != entry.sha256 {
        return Err(wrong(format!(
            "what came has SHA-256 {hash}, and the version's manifest says {}",
            entry.sha256
        )));
    }
    partial.persist(target).map_err(|e| local(e.error))?;
    Ok(())
}

fn wrong(what: String) -> Error {
    Error::Final(format!("it is not the file that was registered: {what}; it was removed"))
}

fn local(error: std::io::Error) -> Error {
    Error::Final(format!("cannot write it: {error}"))
}

type Writing = (NamedTempFile, Sender<Bytes>, JoinHandle<std::io::Result<Hash>>);

/// A temporary file beside the target, and a thread that hashes and writes
/// while the network brings more.
fn begin(target: &Path) -> std::io::Result<Writing> {
    let folder = target.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL_PREFIX).suffix(PARTIAL_SUFFIX);
    // As any new file: what the umask leaves.
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let partial = builder.tempfile_in(folder)?;
    let file = partial.as_file().try_clone()?;
    let (chunks, incoming) = channel(CHUNKS);
    Ok((partial, chunks, tokio::task::spawn_blocking(move || write(file, incoming))))
}

fn write(mut file: std::fs::File, mut incoming: Receiver<Bytes>) -> std::io::Result<Hash> {
    let mut state = Sha256::new();
    while let Some(chunk) = incoming.blocking_recv() {
        state.update(&chunk);
        file.write_all(&chunk)?;
    }
    Ok(Hash::from(<[u8; 32]>::from(state.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.bin");
        let (partial, chunks, written) = begin(&target).unwrap();
        let name = partial.path().file_name().unwrap().to_str().unwrap().to_owned();
        assert!(is_partial(&name), "{name}");
        chunks.send(Bytes::from_static(b"abc")).await.unwrap();
        drop(chunks);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(written.await.unwrap().unwrap().to_string(), abc);
        drop(partial);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
