//! Many small files in one request: a round trip, a commit and a wait for the
//! disk for all of them. What holds for a part holds for each.

use super::{PartKey, queries};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use weighhouse_types::blobs::{BATCH_FILES_MAX, BATCH_HEAD, BATCH_MAX};
use weighhouse_types::error::Code;
use weighhouse_types::permission::Action;

/// Objects that are written at once: writes that wait for the disk together
/// wait once.
const WRITES: usize = 32;

/// A whole file, whose digest was found to be right.
struct Small {
    sha256: [u8; 32],
    bytes: Bytes,
}

impl Small {
    fn key(&self, tenant: &authz::Tenant) -> PartKey {
        PartKey { tenant: tenant.id(), blob: self.sha256, number: 1, part: self.sha256 }
    }
}

/// Takes whole files, each with its digest. They are there when this
/// returns: all of them, or none. Sending them again does no harm.
///
/// # Errors
/// When a file is not what its digest says, or they are too many or too large.
pub async fn batch_put<E: std::fmt::Display>(
    ctx: &Ctx,
    tenant: &str,
    body: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::VersionRegister).await?;
    let files = files(read(body).await?)?;
    if files.is_empty() {
        return Err(Error::invalid("body", "Send at least one file, each behind its head."));
    }
    write(ctx, &tenant, files.iter()).await?;
    let digests: Vec<&[u8]> = files.iter().map(|file| file.sha256.as_slice()).collect();
    let sizes = files.iter().map(|file| file.bytes.len()).collect::<Vec<_>>();
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::small::lock(&mut tx, &digests).await?;
    // As for a part: what collection may have removed is written again, now
    // that it cannot.
    let marked = queries::small::unmark(&mut tx, &digests).await?;
    write(ctx, &tenant, files.iter().filter(|file| marked.contains(file.sha256.as_slice()))).await?;
    queries::small::insert(&mut tx, &digests, &sizes).await?;
    tx.commit_staging().await
}

async fn write<'f>(
    ctx: &Ctx,
    tenant: &authz::Tenant,
    files: impl Iterator<Item = &'f Small> + Send,
) -> Result<()> {
    let puts: Vec<_> = files.map(|file| (file.key(tenant), vec![file.bytes.clone()])).collect();
    stream::iter(puts)
        .map(|(key, bytes)| async move { ctx.app().store.put(&key, bytes).await })
        .buffer_unordered(WRITES)
        .try_collect()
        .await
}

async fn read<E: std::fmt::Display>(
    mut body: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk
            .map_err(|e| Error::invalid("body", format!("The files broke off: {e}. Send them again.")))?;
        if whole.len() + chunk.len() > BATCH_MAX {
            let detail = format!("Send at most {BATCH_MAX} bytes at a time; larger files are sent in parts.");
            return Err(Error::refused(Code::TooLarge, detail));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// The files of a body, each once and in the order of their digests: locks
/// are taken in that order.
fn files(mut body: Bytes) -> Result<Vec<Small>> {
    let mut files = BTreeMap::new();
    let mut count = 0;
    while body.has_remaining() {
        count += 1;
        if count > BATCH_FILES_MAX {
            return Err(Error::invalid("body", format!("Send at most {BATCH_FILES_MAX} files at a time.")));
        }
        let file = next(&mut body).ok_or_else(|| {
            Error::invalid(
                "body",
                format!("File {count} breaks off. Each is its SHA-256 in 32 bytes, its size in 4 bytes, the highest first, and its bytes."),
            )
        })?;
        if <[u8; 32]>::from(Sha256::digest(&file.bytes)) != file.sha256 {
            return Err(Error::refused(
                Code::Mismatch,
                format!(
                    "File {count} does not have the digest {}; it was damaged on the way or changed. Nothing was kept; send them again.",
                    hex::encode(file.sha256)
                ),
            ));
        }
        files.insert(file.sha256, file);
    }
    Ok(files.into_values().collect())
}

fn next(body: &mut Bytes) -> Option<Small> {
    if body.len() < BATCH_HEAD {
        return None;
    }
    let mut sha256 = [0; 32];
    body.copy_to_slice(&mut sha256);
    let size = usize::try_from(body.get_u32()).ok().filter(|size| *size <= body.len())?;
    Some(Small { sha256, bytes: body.split_to(size) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let size = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [Sha256::digest(bytes).as_slice(), &size, bytes].concat()
    }

    #[test]
    fn files_are_told_apart_and_come_once_in_order() {
        let body = [framed(b"one"), framed(b""), framed(b"one"), framed(b"two")].concat();
        let files = files(body.into()).unwrap();
        let mut expected: Vec<_> = [&b"one"[..], b"", b"two"].map(Sha256::digest).into();
        expected.sort();
        let found: Vec<_> = files.iter().map(|file| file.sha256.to_vec()).collect();
        assert_eq!(found, expected.iter().map(|digest| digest.to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_cut_or_false_is_refused() {
        let whole = [framed(b"one"), framed(b"two")].concat();
        for cut in [1, 35, 36, 38, 40, whole.len() - 1] {
            assert!(files(whole[..cut].to_vec().into()).is_err(), "{cut}");
        }
        let mut other = whole.clone();
        *other.last_mut().unwrap() ^= 1;
        assert_eq!(files(other.into()).err().unwrap().code(), Code::Mismatch);
        assert!(files(framed(b"x").repeat(BATCH_FILES_MAX + 1).into()).is_err());
        assert!(files(Bytes::new()).unwrap().is_empty());
    }
}
