//! Every file of a version as one ZIP, written while it streams.

use super::stream::{FileStream, open_files};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use weighhouse_types::error::Code;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::VersionRef;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

/// Chunks of the archive that wait for a slow reader.
const AHEAD: usize = 4;
/// How long a reader may stall, and another one wait.
const STALLED: Duration = Duration::from_secs(30);

/// A version's files as a ZIP. Each is verified while it streams; the archive
/// of a damaged one breaks off.
///
/// # Errors
/// When the version is not there for the caller.
pub async fn archive_stream(ctx: &Ctx, reference: &VersionRef) -> Result<BoxStream<'static, Result<Bytes>>> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::ArtifactDownload).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    crate::versions::refuse_swept_in_tx(&mut tx, &version).await?;
    let entries = crate::versions::files_in_tx(&mut tx, &version).await?;
    let files = open_files(&mut tx, ctx, &tenant, entries).await?;
    tx.finish().await?;
    let permit = tokio::time::timeout(STALLED, Arc::clone(&ctx.app().archives).acquire_owned()).await;
    let permit = permit.map_err(|_late| busy())?.map_err(Error::internal)?;
    let (send, receive) = mpsc::channel(AHEAD);
    let (handle, failed) = (Handle::current(), send.clone());
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let chunks = Chunks { send, handle: handle.clone() };
        if let Err(error) = write(&handle, files, chunks) {
            // The reader may be gone; then nobody is left to tell.
            let _ = failed.try_send(Err(Error::internal(error)));
        }
    });
    let chunks = stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) });
    Ok(chunks.boxed())
}

fn write(handle: &Handle, files: Vec<FileStream>, chunks: Chunks) -> zip::result::ZipResult<()> {
    let mut zip = ZipWriter::new_stream(io::BufWriter::with_capacity(256 << 10, chunks));
    for FileStream { entry, mut body } in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            // The same files make the same archive.
            .last_modified_time(DateTime::default())
            .large_file(entry.size >= u64::from(u32::MAX));
        zip.start_file(entry.path, options)?;
        while let Some(chunk) = handle.block_on(body.try_next()).map_err(io::Error::other)? {
            zip.write_all(&chunk)?;
        }
    }
    zip.finish()?.into_inner().flush()?;
    Ok(())
}

fn busy() -> Error {
    Error::refused(
        Code::Unavailable,
        "Too many archives are being downloaded. Try again shortly, or pull with wh.",
    )
}

/// Hands what is written to the stream's reader, who may stall only so long.
struct Chunks {
    send: mpsc::Sender<Result<Bytes>>,
    handle: Handle,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = self.send.send_timeout(Ok(Bytes::copy_from_slice(bytes)), STALLED);
        self.handle.block_on(chunk).map_err(|_gone| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
