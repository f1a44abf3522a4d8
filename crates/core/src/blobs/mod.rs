//! Files on their way in and out: numbered parts, verified before they count.
//!
//! A file is stored as its parts. Parts that were sent are staged: nobody
//! sees them. A blob is there once its row is, and its row is written only
//! after the parts were read back and the whole file's digest matched.

mod archive;
mod collect;
mod queries;
mod reader;
mod rules;
mod stream;

pub use archive::archive_stream;
pub use collect::{collect, collect_all};
pub(crate) use queries::garbage::mark_version as mark_version_in_tx;
pub(crate) use reader::{BlobReader, readers_in_tx};
pub use stream::{FileStream, file_stream};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::store::PartKey;
use crate::kernel::tx::TenantTx;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use weighhouse_types::blobs::{
    BlobQuery, BlobStatus, FILE_MAX, PART_SIZE, PartStatus, part_count, part_size,
};
use weighhouse_types::context::sha256_check;
use weighhouse_types::error::Code;
use weighhouse_types::permission::Action;

/// How much of a part is written at a time, in bytes.
const BLOCK: usize = 1 << 20;

/// The most files one query may name.
const QUERY_MAX: usize = 1000;

/// What the server holds of files that are about to be sent.
///
/// # Errors
/// When a digest or size is malformed, or the caller may not register.
pub async fn blob_query(ctx: &Ctx, tenant: &str, files: &[BlobQuery]) -> Result<Vec<BlobStatus>> {
    let tenant = authz::tenant(ctx, tenant, Action::VersionRegister).await?;
    if files.len() > QUERY_MAX {
        return Err(Error::invalid("files", format!("Ask about at most {QUERY_MAX} files at a time.")));
    }
    let digests = files.iter().map(check).collect::<Result<Vec<_>>>()?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let present = queries::present(&mut tx, &tenant, &digests).await?;
    let mut parts = queries::parts(&mut tx, &tenant, &digests).await?;
    tx.finish().await?;
    let status = |file: &BlobQuery| {
        let digest = hex::decode(&file.sha256).map_err(Error::internal)?;
        let there = present.contains(&digest);
        let parts = parts.remove(&digest).unwrap_or_default();
        let parts = if there { Vec::new() } else { parts.iter().map(Part::status).collect() };
        Ok(BlobStatus { sha256: file.sha256.clone(), present: there, parts })
    };
    files.iter().map(status).collect()
}

fn check(file: &BlobQuery) -> Result<Vec<u8>> {
    if file.size > FILE_MAX {
        return Err(Error::refused(Code::TooLarge, format!("A file may have at most {FILE_MAX} bytes.")));
    }
    Ok(digest_parse(&file.sha256)?.to_vec())
}

fn digest_parse(hex_text: &str) -> Result<[u8; 32]> {
    sha256_check(hex_text).map_err(|e| Error::invalid("sha256", e))?;
    let mut digest = [0; 32];
    hex::decode_to_slice(hex_text, &mut digest).map_err(Error::internal)?;
    Ok(digest)
}

/// A part as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) number: u32,
    pub(crate) sha256: [u8; 32],
    pub(crate) size: u64,
}

impl Part {
    fn status(&self) -> PartStatus {
        PartStatus { number: self.number, sha256: hex::encode(self.sha256) }
    }

    fn key(&self, tenant: &authz::Tenant, blob: [u8; 32]) -> PartKey {
        PartKey { tenant: tenant.id(), blob, number: self.number, part: self.sha256 }
    }
}

/// A part that is being sent.
#[derive(Clone, Debug)]
pub struct PartPut {
    /// SHA-256 of the whole file, hex.
    pub blob: String,
    /// From 1.
    pub number: u32,
    /// SHA-256 of the part, as its sender says.
    pub sha256: [u8; 32],
}

/// Takes one part: hashes it while it streams in, and stages it if it is
/// what its sender says. Sending a part again does no harm. At most 8 MiB
/// are held in memory.
///
/// # Errors
/// When the bytes are not those of the digest, or too many; nothing is kept.
pub async fn part_put<E: std::fmt::Display>(
    ctx: &Ctx,
    tenant: &str,
    put: PartPut,
    body: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::VersionRegister).await?;
    let blob = digest_parse(&put.blob)?;
    let last = part_count(FILE_MAX);
    if put.number == 0 || u64::from(put.number) > last {
        return Err(Error::invalid("number", format!("Parts are numbered from 1 to {last}.")));
    }
    let (blocks, size, sha256) = read_part(body).await?;
    if sha256 != put.sha256 {
        return Err(Error::refused(
            Code::Mismatch,
            format!(
                "Part {} does not have the digest that was announced; it was damaged on the way or changed. Send it again.",
                put.number
            ),
        ));
    }
    let part = Part { number: put.number, sha256, size };
    let key = part.key(&tenant, blob);
    ctx.app().store.put(&key, blocks.clone()).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::blob_lock(&mut tx, blob).await?;
    // Collection may have removed the object since it was written. Under the
    // lock it cannot, and once the row names it it will not.
    if queries::garbage::unmark(&mut tx, &key).await? {
        ctx.app().store.put(&key, blocks).await?;
    }
    // A file of one part is whole with it: its digest was just checked, and
    // whatever else was staged under its name is none of its parts.
    let whole = part.number == 1 && sha256 == blob;
    if whole {
        queries::parts_delete(&mut tx, blob).await?;
    }
    queries::part_upsert(&mut tx, blob, &part).await?;
    if whole {
        queries::blob_insert(&mut tx, blob, size).await?;
    }
    tx.commit_staging().await
}

/// Reads a part into a few large blocks: it comes off the wire in small ones,
/// and a write each would cost more than the bytes.
async fn read_part<E: std::fmt::Display>(
    mut body: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<(Vec<Bytes>, u64, [u8; 32])> {
    let (mut blocks, mut block) = (Vec::new(), BytesMut::new());
    let (mut size, mut hash) = (0_u64, Sha256::new());
    while let Some(chunk) = body.next().await {
        let chunk =
            chunk.map_err(|e| Error::invalid("body", format!("The part broke off: {e}. Send it again.")))?;
        size += fit::<_, u64>(chunk.len())?;
        if size > PART_SIZE {
            return Err(Error::refused(Code::TooLarge, format!("A part has at most {PART_SIZE} bytes.")));
        }
        hash.update(&chunk);
        if block.len() + chunk.len() > block.capacity() {
            let full = std::mem::replace(&mut block, BytesMut::with_capacity(BLOCK));
            blocks.extend((!full.is_empty()).then(|| full.freeze()));
        }
        block.extend_from_slice(&chunk);
    }
    blocks.push(block.freeze());
    Ok((blocks, size, hash.finalize().into()))
}

/// Makes a file of its staged parts: reads them back, and only if the whole
/// has the announced digest is it there from now on.
///
/// # Errors
/// When parts are missing, or the whole is something else; then its staged
/// parts are dropped, since one of them is wrong.
pub async fn blob_complete(ctx: &Ctx, tenant: &str, file: &BlobQuery) -> Result<BlobStatus> {
    let tenant = authz::tenant(ctx, tenant, Action::VersionRegister).await?;
    check(file)?;
    let blob = digest_parse(&file.sha256)?;
    let done = BlobStatus { sha256: file.sha256.clone(), present: true, parts: Vec::new() };
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let digests = [blob.to_vec()];
    let present = queries::present(&mut tx, &tenant, &digests).await?.contains(blob.as_slice());
    let parts = queries::parts(&mut tx, &tenant, &digests).await?.remove(blob.as_slice());
    tx.finish().await?;
    if present {
        return Ok(done);
    }
    let parts = parts.unwrap_or_default();
    if let Err(error) = expect_parts(file.size, &parts) {
        if error.code() == Code::Mismatch {
            drop_parts(ctx, &tenant, blob, &parts).await?;
        }
        return Err(error);
    }
    if hash_parts(ctx, &tenant, blob, &parts).await? != blob {
        drop_parts(ctx, &tenant, blob, &parts).await?;
        return Err(Error::refused(
            Code::Mismatch,
            format!(
                "The parts together do not have the digest {}. They were dropped; nothing was registered. Push the file again.",
                file.sha256
            ),
        ));
    }
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::blob_lock(&mut tx, blob).await?;
    let now = queries::parts(&mut tx, &tenant, &digests).await?.remove(blob.as_slice());
    if now.unwrap_or_default() != parts {
        return Err(Error::conflict("Parts of this file were sent meanwhile. Complete it again."));
    }
    queries::blob_insert(&mut tx, blob, file.size).await?;
    tx.commit_staging().await?;
    Ok(done)
}

/// Refuses unless exactly the file's parts are there, each of its size.
fn expect_parts(size: u64, parts: &[Part]) -> Result<()> {
    let mut numbers = 1..=part_count(size);
    for part in parts {
        let number = numbers.next();
        if number != Some(u64::from(part.number)) || part.size != part_size(size, u64::from(part.number)) {
            let missing = number.filter(|n| *n < u64::from(part.number));
            return Err(missing.map_or_else(|| unfit(part), missing_part));
        }
    }
    numbers.next().map_or(Ok(()), |number| Err(missing_part(number)))
}

fn missing_part(number: u64) -> Error {
    Error::conflict(format!("Part {number} of the file is missing. Send it, then complete again."))
}

fn unfit(part: &Part) -> Error {
    Error::refused(
        Code::Mismatch,
        format!(
            "Part {} of {} bytes is no part of a file of this size. Send the file again.",
            part.number, part.size
        ),
    )
}

async fn hash_parts(ctx: &Ctx, tenant: &authz::Tenant, blob: [u8; 32], parts: &[Part]) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for part in parts {
        let body = ctx.app().store.get(&part.key(tenant, blob)).await;
        let mut body = body.map_err(|error| match error {
            // Collected between the look at its row and this one.
            Error::Store(object_store::Error::NotFound { .. }) => missing_part(part.number.into()),
            other => other,
        })?;
        while let Some(chunk) = body.next().await {
            hash.update(&chunk?);
        }
    }
    Ok(hash.finalize().into())
}

/// Forgets the staged parts of a file that is not what was announced, unless
/// others were sent meanwhile. The objects stay: another push may be about to
/// name them, and their names hold what they are.
async fn drop_parts(ctx: &Ctx, tenant: &authz::Tenant, blob: [u8; 32], parts: &[Part]) -> Result<()> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    queries::blob_lock(&mut tx, blob).await?;
    let now = queries::parts(&mut tx, tenant, &[blob.to_vec()]).await?.remove(blob.as_slice());
    if now.unwrap_or_default() != parts {
        return tx.finish().await;
    }
    queries::parts_delete(&mut tx, blob).await?;
    tx.commit_staging().await
}

/// Refuses a manifest that names a file that was not sent whole.
pub(crate) async fn refuse_missing_in_tx(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    files: &[weighhouse_types::context::FileEntry],
) -> Result<()> {
    let digests = files.iter().map(|f| Ok(digest_parse(&f.sha256)?.to_vec())).collect::<Result<Vec<_>>>()?;
    let present = queries::present_sizes(tx, tenant, &digests).await?;
    for (n, (file, digest)) in files.iter().zip(&digests).enumerate() {
        let field = format!("context.artifact.files[{n}]");
        let refuse =
            |detail: String| Err(Error::Refused { code: Code::Mismatch, detail, field: Some(field.clone()) });
        match present.get(digest) {
            None => {
                return refuse(format!(
                    "‘{}’ was not sent whole: upload the file {} first.",
                    file.path, file.sha256
                ));
            }
            Some(size) if *size != file.size => {
                return refuse(format!(
                    "‘{}’ has {size} bytes, not {} as the manifest says.",
                    file.path, file.size
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
