//! The object store. Objects are named inside their tenant: de-duplication
//! across tenants would tell who has what.

use super::error::{Error, Result};
use super::log::Log;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload};
use std::sync::Arc;
use tokio_util::io::ReaderStream;
use url::Url;
use weighhouse_types::ids::TenantId;

/// How much of a file is read at a time, in bytes.
const READ: usize = 1 << 20;

/// A place for objects: a folder, S3, Google Cloud Storage or Azure.
#[derive(Clone)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
}

impl Store {
    /// Opens `file:`, `s3:`, `gs:` or `az:`; credentials of the latter three
    /// come from the provider's usual environment variables.
    pub(crate) fn open(url: &Url) -> Result<Self> {
        let wrong =
            |e: &dyn std::fmt::Display| Error::invalid("store-url", format!("‘{url}’ cannot be used: {e}"));
        if url.scheme() == "file" {
            let folder = url.to_file_path().map_err(|()| wrong(&"it is no absolute path"))?;
            std::fs::create_dir_all(&folder).map_err(|e| wrong(&e))?;
            let local = LocalFileSystem::new_with_prefix(folder).map_err(|e| wrong(&e))?;
            return Ok(Self { objects: Arc::new(local.with_fsync(true)) });
        }
        let (store, prefix) = object_store::parse_url_opts(url, std::env::vars()).map_err(|e| wrong(&e))?;
        Ok(Self { objects: Arc::new(PrefixStore::new(store, prefix)) })
    }

    /// Stores a part; durable when it returns.
    pub(crate) async fn put(&self, key: &PartKey, body: Vec<Bytes>) -> Result<()> {
        self.objects.put(&key.path(), PutPayload::from_iter(body)).await?;
        Ok(())
    }

    /// A part's bytes, as they come from the store. Files are read in blocks
    /// of our own: the crate's 8 KiB ones cost a change of thread each.
    pub(crate) async fn get(&self, key: &PartKey) -> Result<BoxStream<'static, Result<Bytes>>> {
        let found = self.objects.get(&key.path()).await?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => {
                let file = tokio::fs::File::from_std(file);
                ReaderStream::with_capacity(file, READ).map_err(Error::internal).boxed()
            }
            GetResultPayload::Stream(body) => body.map_err(Error::from).boxed(),
        })
    }

    /// The signer's own record of a log, if there is one: the last checkpoint
    /// that it signed. It lies here so that who rewrites the database does not
    /// rewrite it as well.
    pub(crate) async fn signed_get(&self, log: Log) -> Result<Option<String>> {
        match self.objects.get(&signed_path(log)).await {
            Ok(found) => {
                let bytes = found.bytes().await?;
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Replaces the signer's record of a log; durable when it returns.
    pub(crate) async fn signed_put(&self, log: Log, note: &str) -> Result<()> {
        self.objects.put(&signed_path(log), note.to_owned().into()).await?;
        Ok(())
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        match self.objects.head(&Path::from("ready")).await {
            Err(object_store::Error::NotFound { .. }) | Ok(_) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

fn signed_path(log: Log) -> Path {
    let owners = match log {
        Log::Tenant(_) => "tenants",
        Log::Agency(_) => "agencies",
    };
    Path::from(format!("{owners}/{}/audit/checkpoint", log.id()))
}

/// Where a part of a file lies. Its own digest is in the name, so that a
/// part, once stored, is never overwritten with other bytes.
#[derive(Clone, Debug)]
pub(crate) struct PartKey {
    pub(crate) tenant: TenantId,
    pub(crate) blob: [u8; 32],
    pub(crate) number: u32,
    pub(crate) part: [u8; 32],
}

impl PartKey {
    fn path(&self) -> Path {
        Path::from(format!(
            "tenants/{}/blobs/{}/{:06}-{}",
            self.tenant,
            hex::encode(self.blob),
            self.number,
            hex::encode(self.part)
        ))
    }
}
