//! Files on their way out, verified while they stream.

use super::{Part, queries};
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use weighhouse_types::context::FileEntry;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::VersionRef;

/// A file's bytes. The stream ends with an error, not with the file's last
/// bytes, if they are not what was registered.
pub struct FileStream {
    pub entry: FileEntry,
    pub body: BoxStream<'static, Result<Bytes>>,
}

/// One file of a version.
///
/// # Errors
/// When the version or file is not there for the caller.
pub async fn file_stream(ctx: &Ctx, reference: &VersionRef, path: &str) -> Result<FileStream> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::ArtifactDownload).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    crate::versions::refuse_swept_in_tx(&mut tx, &version).await?;
    let files = crate::versions::files_in_tx(&mut tx, &version).await?;
    let entry = files.into_iter().find(|file| file.path == path).ok_or_else(|| Error::not_found("file"))?;
    let mut opened = open_files(&mut tx, ctx, &tenant, vec![entry]).await?;
    tx.finish().await?;
    let FileStream { entry, mut body } =
        opened.pop().ok_or_else(|| Error::internal("a file was not opened"))?;
    // A store that does not answer is said as what it is, not as a download that breaks off.
    let first = body.try_next().await?;
    Ok(FileStream { entry, body: stream::iter(first.map(Ok)).chain(body).boxed() })
}

/// The files' streams; nothing is read before they are polled.
pub(super) async fn open_files(
    tx: &mut TenantTx<'_>,
    ctx: &Ctx,
    tenant: &authz::Tenant,
    entries: Vec<FileEntry>,
) -> Result<Vec<FileStream>> {
    let blobs = entries.iter().map(|entry| super::digest_parse(&entry.sha256)).collect::<Result<Vec<_>>>()?;
    let digests: Vec<Vec<u8>> = blobs.iter().map(|blob| blob.to_vec()).collect();
    let parts = queries::parts(tx, tenant, &digests).await?;
    let open = |(entry, blob): (FileEntry, [u8; 32])| {
        let parts = parts.get(blob.as_slice()).cloned().unwrap_or_default();
        FileStream { entry, body: verified(ctx.app(), tenant, blob, parts) }
    };
    Ok(entries.into_iter().zip(blobs).map(open).collect())
}

/// The parts one after the other, hashed on the way. The last chunk is held
/// back until the digest is known.
fn verified(
    app: &Arc<App>,
    tenant: &authz::Tenant,
    blob: [u8; 32],
    parts: Vec<Part>,
) -> BoxStream<'static, Result<Bytes>> {
    let hash = Arc::new(Mutex::new(Sha256::new()));
    let hashing = Arc::clone(&hash);
    let keys: Vec<_> = parts.iter().map(|part| part.key(tenant, blob)).collect();
    let store = app.store.clone();
    let bytes = stream::iter(keys)
        .then(move |key| {
            let store = store.clone();
            async move { store.get(&key).await }
        })
        .try_flatten()
        .inspect_ok(move |chunk| {
            hashing.lock().unwrap_or_else(PoisonError::into_inner).update(chunk);
        });
    let check = stream::once(async move {
        let hash = hash.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found: [u8; 32] = hash.finalize().into();
        if found == blob {
            Ok(Bytes::new())
        } else {
            Err(Error::internal(format!("blob {} is damaged in the store", hex::encode(blob))))
        }
    });
    hold_last(bytes.chain(check).boxed())
}

/// Delays a stream by one chunk.
fn hold_last(body: BoxStream<'static, Result<Bytes>>) -> BoxStream<'static, Result<Bytes>> {
    let state = (body, None::<Bytes>);
    stream::try_unfold(state, |(mut body, held)| async move {
        match body.try_next().await? {
            Some(next) => Ok(Some((held.unwrap_or_default(), (body, Some(next))))),
            None => Ok(held.map(|last| (last, (body, None)))),
        }
    })
    .try_filter(|chunk| std::future::ready(!chunk.is_empty()))
    .boxed()
}
