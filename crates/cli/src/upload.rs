//! Sending the parts that the server misses, several at once.

use crate::error::Error;
use crate::hash::Hashed;
use crate::http::{self, Client, Key};
use crate::progress::{Attempt, Progress};
use crate::retry::retrying;
use crate::urls::Path;
use crate::walk::Source;
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Body;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;
use weighhouse_ledger::Hash;
use weighhouse_types::blobs::{self, BlobQuery, BlobStatus};
use weighhouse_types::error::Code;

/// Read of a part at once; a part is never in memory as a whole.
const CHUNK: usize = 256 * 1024;

/// A file that the server does not have whole.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    source: &'a Source,
    query: BlobQuery,
    /// The parts to send, with their digests.
    missing: Vec<(u32, Hash)>,
    /// Steps until the file is complete.
    left: AtomicUsize,
}

impl<'a> Upload<'a> {
    /// What a file still needs, given what the server holds of it.
    pub(crate) fn new(source: &'a Source, hashed: &Hashed, status: &BlobStatus) -> Self {
        let held: BTreeMap<u32, &str> = status.parts.iter().map(|p| (p.number, p.sha256.as_str())).collect();
        let parts = (1..).zip(hashed.parts.iter().copied());
        let missing: Vec<_> =
            parts.filter(|(number, hash)| held.get(number) != Some(&hash.to_string().as_str())).collect();
        let query = BlobQuery { sha256: hashed.whole.to_string(), size: source.size() };
        let left = AtomicUsize::new(missing.len().max(1));
        Self { source, query, missing, left }
    }

    /// Bytes to send.
    pub(crate) fn bytes(&self) -> u64 {
        self.missing.iter().map(|(number, _)| blobs::part_size(self.query.size, u64::from(*number))).sum()
    }

    /// Its parts; a file whose parts are all there still has to be completed.
    fn steps(&self) -> impl Iterator<Item = (&Self, Option<(u32, Hash)>)> {
        let parts = self.missing.iter().copied().map(Some);
        let none = self.missing.is_empty().then_some(None);
        parts.chain(none).map(move |part| (self, part))
    }
}

/// Sends what is missing of the files, and has each verified as a whole.
///
/// # Errors
/// When the server refuses, does not answer for about a minute, or a file changed.
pub(crate) async fn send(
    client: &Client,
    tenant: &str,
    files: &[Upload<'_>],
    progress: &Progress,
) -> Result<()> {
    let (small, large): (Vec<&Upload<'_>>, _) = files.iter().partition(|file| file.query.size <= http::SMALL);
    let (whole, small): (Vec<_>, Vec<_>) = small.into_iter().partition(|file| !file.missing.is_empty());
    stream::iter(batches(&whole))
        .map(|files| send_small(client, tenant, files, progress))
        .buffer_unordered(http::LARGE_AT_ONCE)
        .try_collect::<()>()
        .await?;
    for (files, at_once) in [(small, http::SMALL_AT_ONCE), (large, http::LARGE_AT_ONCE)] {
        stream::iter(files.into_iter().flat_map(Upload::steps))
            .map(|(file, part)| step(client, tenant, file, part, progress))
            .buffer_unordered(at_once)
            .try_collect::<()>()
            .await?;
    }
    Ok(())
}

/// Small files in the groups in which they are sent.
fn batches<'u, 'a>(files: &'u [&'a Upload<'a>]) -> Vec<&'u [&'a Upload<'a>]> {
    let mut batches = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (n, file) in files.iter().enumerate() {
        let next = blobs::BATCH_HEAD + usize::try_from(file.query.size).unwrap_or(usize::MAX);
        if n - begin == blobs::BATCH_FILES_MAX || bytes + next > blobs::BATCH_MAX {
            batches.extend(files.get(begin..n));
            (begin, bytes) = (n, 0);
        }
        bytes += next;
    }
    batches.extend(files.get(begin..).filter(|rest| !rest.is_empty()));
    batches
}

/// Sends small files in one request. Should one of them not be what it was,
/// they go one by one, which tells which.
async fn send_small(client: &Client, tenant: &str, files: &[&Upload<'_>], progress: &Progress) -> Result<()> {
    let note = |text: &str| progress.note(text);
    let path = Path::tenant(tenant).join(["blobs"]);
    let sent = retrying(&note, || async {
        let local = |e: anyhow::Error| Error::Final(format!("{e:#}"));
        let attempt = progress.attempt();
        let body = small_body(files).await.map_err(local)?;
        attempt.add(files.iter().map(|file| file.query.size).sum());
        let result = client.put_small(&path, body).await;
        if result.is_err() {
            attempt.take_back();
        }
        result
    });
    match sent.await {
        Err(error) if error.code() == Some(Code::Mismatch) => {
            for (file, part) in files.iter().flat_map(|file| file.steps()) {
                step(client, tenant, file, part, progress).await?;
            }
            Ok(())
        }
        sent => sent.context("cannot send small files"),
    }
}

/// Each file's digest, size and bytes.
async fn small_body(files: &[&Upload<'_>]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    for file in files {
        file.source.unchanged()?;
        let bytes = tokio::fs::read(file.source.local())
            .await
            .with_context(|| format!("cannot open {}", file.source.path))?;
        let size = u32::try_from(bytes.len()).ok().filter(|size| u64::from(*size) == file.query.size);
        // A file of one part has that part's digest.
        let (Some(size), [(_, hash)]) = (size, file.missing.as_slice()) else {
            return Err(file.source.changed());
        };
        body.extend(hash.as_bytes());
        body.extend(size.to_be_bytes());
        body.extend(bytes);
    }
    Ok(body)
}

async fn step(
    client: &Client,
    tenant: &str,
    file: &Upload<'_>,
    part: Option<(u32, Hash)>,
    progress: &Progress,
) -> Result<()> {
    let note = |text: &str| progress.note(text);
    if let Some((number, hash)) = part {
        retrying(&note, || send_part(client, tenant, file, number, hash, progress))
            .await
            .with_context(|| format!("cannot send {}", file.source.path))?;
    }
    if file.left.fetch_sub(1, Ordering::AcqRel) == 1 {
        progress.message(format!("verifying {}", file.source.path));
        let path = Path::tenant(tenant).join(["blobs", &file.query.sha256, "complete"]);
        let key = Key::fresh();
        let answer = retrying(&note, || client.post_patiently(&path, &key, &file.query)).await;
        let status: BlobStatus = answer
            .and_then(|answer| answer.decode())
            .with_context(|| format!("{} was sent, but cannot be completed", file.source.path))?;
        if !status.present {
            bail!("{} was sent, but the server does not have it; push again", file.source.path);
        }
        progress.message(String::new());
    }
    Ok(())
}

async fn send_part(
    client: &Client,
    tenant: &str,
    file: &Upload<'_>,
    number: u32,
    hash: Hash,
    progress: &Progress,
) -> Result<(), Error> {
    let local = |e: anyhow::Error| Error::Final(format!("{e:#}"));
    file.source.unchanged().map_err(local)?;
    let attempt = progress.attempt();
    let size = blobs::part_size(file.query.size, u64::from(number));
    let body = body(file.source, number, size, attempt.clone()).await.map_err(local)?;
    let digest = format!("sha-256=:{}:", STANDARD.encode(hash.as_bytes()));
    let path = Path::tenant(tenant).join(["blobs", &file.query.sha256, "parts", &number.to_string()]);
    let result = client.put_part(&path, &digest, size, body).await;
    if result.is_err() {
        attempt.take_back();
    }
    match result {
        Err(error) if error.code() == Some(Code::Mismatch) => {
            Err(mismatch(file.source, number, size, hash).await)
        }
        result => result,
    }
}

/// A part's bytes, read while they are sent.
async fn body(source: &Source, number: u32, size: u64, attempt: Attempt) -> Result<Body> {
    let mut file = tokio::fs::File::open(source.local())
        .await
        .with_context(|| format!("cannot open {}", source.path))?;
    file.seek(SeekFrom::Start(offset(number))).await?;
    let chunks = ReaderStream::with_capacity(file.take(size), CHUNK);
    Ok(Body::wrap_stream(
        chunks.inspect_ok(move |chunk| attempt.add(u64::try_from(chunk.len()).unwrap_or(0))),
    ))
}

fn offset(number: u32) -> u64 {
    blobs::PART_SIZE * u64::from(number.saturating_sub(1))
}

/// The server found another digest than was announced: the file changed since
/// it was hashed, or the bytes were damaged on the way, which may pass.
async fn mismatch(source: &Source, number: u32, size: u64, announced: Hash) -> Error {
    let local = source.local().to_owned();
    let now = tokio::task::spawn_blocking(move || part_hash(&local, number, size)).await;
    match now {
        Ok(Ok(now)) if now == announced => {
            Error::Transport(format!("part {number} of {} was damaged on the way", source.path))
        }
        _ => Error::Final(source.changed().to_string()),
    }
}

fn part_hash(local: &std::path::Path, number: u32, size: u64) -> std::io::Result<Hash> {
    let mut file = std::fs::File::open(local)?;
    file.seek(SeekFrom::Start(offset(number)))?;
    let mut part = file.take(size);
    let mut state = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = part.read(&mut chunk)?;
        if read == 0 {
            return Ok(Hash::from(<[u8; 32]>::from(state.finalize())));
        }
        state.update(chunk.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighhouse_types::blobs::PartStatus;

    fn source(size: u64) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        std::fs::File::create(&path).unwrap().set_len(size).unwrap();
        let source = crate::walk::walk(&path).unwrap().files.remove(0);
        (folder, source)
    }

    fn hashed(parts: u8) -> Hashed {
        Hashed { whole: Hash::from([0; 32]), parts: (1..=parts).map(|n| Hash::from([n; 32])).collect() }
    }

    fn status(parts: &[(u32, u8)]) -> BlobStatus {
        let part = |(number, byte): &(u32, u8)| PartStatus {
            number: *number,
            sha256: Hash::from([*byte; 32]).to_string(),
        };
        BlobStatus { sha256: String::new(), present: false, parts: parts.iter().map(part).collect() }
    }

    fn numbers(upload: &Upload<'_>) -> Vec<Option<u32>> {
        upload.steps().map(|(_, part)| part.map(|(number, _)| number)).collect()
    }

    #[test]
    fn only_what_is_missing_or_differs_is_sent() {
        let (_folder, source) = source(2 * blobs::PART_SIZE + 7);
        let upload = |held: &[(u32, u8)]| Upload::new(&source, &hashed(3), &status(held));
        assert_eq!(numbers(&upload(&[])), [Some(1), Some(2), Some(3)]);
        assert_eq!(upload(&[]).bytes(), source.size());
        assert_eq!(numbers(&upload(&[(1, 1), (2, 9)])), [Some(2), Some(3)]);
        assert_eq!(upload(&[(1, 1), (2, 2)]).bytes(), 7);
    }

    #[test]
    fn a_file_whose_parts_are_there_is_still_completed() {
        let (_folder, source) = source(3);
        let upload = Upload::new(&source, &hashed(1), &status(&[(1, 1)]));
        assert_eq!(numbers(&upload), [None]);
        assert_eq!(upload.bytes(), 0);
    }

    #[test]
    fn small_files_go_in_groups_that_the_server_takes() {
        let (_folder, source) = source(100_000);
        let upload = Upload::new(&source, &hashed(1), &status(&[]));
        let sizes = |count: usize| {
            let files = vec![&upload; count];
            batches(&files).iter().map(|files| files.len()).collect::<Vec<_>>()
        };
        assert!(sizes(0).is_empty());
        assert_eq!(sizes(41), [41]);
        assert_eq!(sizes(100), [41, 41, 18], "4 MiB each");
        let (_folder, empty) = self::source(0);
        let upload = Upload::new(&empty, &hashed(1), &status(&[]));
        assert_eq!(batches(&vec![&upload; 401]).iter().map(|b| b.len()).collect::<Vec<_>>(), [200, 200, 1]);
    }

    #[test]
    fn a_part_is_hashed_where_it_lies() {
        let (_folder, source) = source(blobs::PART_SIZE + 3);
        let zeros = |n: usize| Hash::from(<[u8; 32]>::from(Sha256::digest(vec![0; n])));
        assert_eq!(part_hash(source.local(), 2, 3).unwrap(), zeros(3));
    }
}
