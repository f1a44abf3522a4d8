//! A stored file for code that reads and seeks: one part at a time in memory,
//! each verified against its digest.

use super::{Part, queries};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::store::{PartKey, Store};
use crate::kernel::tx::TenantTx;
use futures_util::TryStreamExt;
use std::io::{self, Read, Seek, SeekFrom};
use tokio::runtime::Handle;
use weighhouse_types::blobs::PART_SIZE;
use weighhouse_types::context::FileEntry;

/// A file that is read on a thread where blocking is allowed.
pub(crate) struct BlobReader {
    store: Store,
    runtime: Handle,
    keys: Vec<(PartKey, [u8; 32])>,
    size: u64,
    at: u64,
    /// The part that is held, and which one it is.
    held: Option<(u64, Vec<u8>)>,
    failed: Option<Error>,
}

/// Readers of files, in their order; nothing is read before they are.
pub(crate) async fn readers_in_tx(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    files: &[FileEntry],
) -> Result<Vec<BlobReader>> {
    let blobs = files.iter().map(|file| super::digest_parse(&file.sha256)).collect::<Result<Vec<_>>>()?;
    let digests: Vec<Vec<u8>> = blobs.iter().map(|blob| blob.to_vec()).collect();
    let parts = queries::parts(tx, tenant, &digests).await?;
    let store = &tx.ctx().app().store;
    let reader = |(file, blob): (&FileEntry, [u8; 32])| {
        let parts = parts.get(blob.as_slice()).map_or(&[][..], Vec::as_slice);
        let keys = parts.iter().map(|part: &Part| (part.key(tenant, blob), part.sha256)).collect();
        let (store, runtime) = (store.clone(), Handle::current());
        BlobReader { store, runtime, keys, size: file.size, at: 0, held: None, failed: None }
    };
    Ok(files.iter().zip(blobs).map(reader).collect())
}

impl BlobReader {
    /// Why reading failed, if it did.
    pub(crate) fn failure(&mut self) -> Option<Error> {
        self.failed.take()
    }

    /// The part of an index, from the store unless it is at hand.
    fn part(&mut self, index: u64) -> Result<&[u8]> {
        if self.held.as_ref().is_none_or(|(held, _)| *held != index) {
            self.held = None;
            let which = usize::try_from(index).map_err(Error::internal)?;
            let (key, digest) =
                self.keys.get(which).ok_or_else(|| Error::internal("a part of a file is missing"))?;
            let bytes = self.runtime.block_on(async {
                let mut body = self.store.get(key).await?;
                let mut bytes = Vec::new();
                while let Some(chunk) = body.try_next().await? {
                    bytes.extend_from_slice(&chunk);
                }
                Ok::<_, Error>(bytes)
            })?;
            if secret::sha256(&bytes) != *digest {
                return Err(Error::internal(format!("part {index} of a file is damaged in the store")));
            }
            self.held = Some((index, bytes));
        }
        Ok(self.held.as_ref().map_or(&[], |(_, bytes)| bytes))
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size {
            return Ok(0);
        }
        let (index, inside) = (self.at / PART_SIZE, self.at % PART_SIZE);
        let read = match (self.part(index), usize::try_from(inside)) {
            (Ok(part), Ok(inside)) => part.get(inside..).unwrap_or_default().read(buffer)?,
            (Ok(_), Err(error)) => return Err(io::Error::other(error)),
            (Err(error), _) => {
                let said = io::Error::other(error.to_string());
                self.failed = Some(error);
                return Err(said);
            }
        };
        self.at += u64::try_from(read).map_err(io::Error::other)?;
        Ok(read)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
