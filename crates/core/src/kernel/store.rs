//! The object store. Objects are named inside their tenant: de-duplication
//! across tenants would tell who has what.

use super::error::{Error, Result};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload};
use std::collections::BTreeMap;
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
    /// Whether lists come in the order of names.
    in_order: bool,
}

/// Some of a tenant's objects.
pub(crate) struct Listed {
    /// Those that are parts, with their sizes; other names are not ours.
    pub(crate) parts: Vec<(PartKey, u64)>,
    /// The name to go on after; absent at the end.
    pub(crate) last: Option<String>,
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
            let local = local.with_automatic_cleanup(true);
            return Ok(Self { objects: Arc::new(local.with_fsync(true)), in_order: false });
        }
        let (store, prefix) = object_store::parse_url_opts(url, std::env::vars()).map_err(|e| wrong(&e))?;
        Ok(Self { objects: Arc::new(PrefixStore::new(store, prefix)), in_order: true })
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

    /// Removes a part; one that is not there is removed already.
    pub(crate) async fn delete(&self, key: &PartKey) -> Result<()> {
        match self.objects.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// A tenant's objects in the order of their names, from the one after
    /// `after`, at most `limit` of them.
    pub(crate) async fn list(&self, tenant: TenantId, after: Option<&str>, limit: usize) -> Result<Listed> {
        let folder = Path::from(format!("tenants/{tenant}/blobs"));
        let found = match after {
            Some(after) => self.objects.list_with_offset(Some(&folder), &Path::from(after)),
            None => self.objects.list(Some(&folder)),
        };
        // Folders list in no order: the first of all that follow are kept.
        // Stores over the network list in order, and need not be read on.
        let mut found = if self.in_order { found.take(limit).boxed() } else { found };
        let mut first: BTreeMap<String, u64> = BTreeMap::new();
        while let Some(object) = found.try_next().await? {
            first.insert(object.location.to_string(), object.size);
            if first.len() > limit {
                first.pop_last();
            }
        }
        let last = first.last_key_value().filter(|_| first.len() == limit).map(|(name, _)| name.clone());
        let parts =
            first.iter().filter_map(|(name, size)| Some((PartKey::parse(tenant, name)?, *size))).collect();
        Ok(Listed { parts, last })
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        match self.objects.head(&Path::from("ready")).await {
            Err(object_store::Error::NotFound { .. }) | Ok(_) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
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

    fn parse(tenant: TenantId, name: &str) -> Option<Self> {
        let (folder, name) = name.rsplit_once('/')?;
        let (_, blob) = folder.rsplit_once('/')?;
        let (number, part) = name.split_once('-')?;
        let digest = |text: &str| <[u8; 32]>::try_from(hex::decode(text).ok()?).ok();
        let key = Self { tenant, blob: digest(blob)?, number: number.parse().ok()?, part: digest(part)? };
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts_are_read_back() {
        let key = PartKey { tenant: uuid::Uuid::nil().into(), blob: [1; 32], number: 42, part: [255; 32] };
        let read = PartKey::parse(key.tenant, key.path().as_ref()).unwrap();
        assert_eq!(read.path(), key.path());
        for other in ["", "x", "tenants/a/blobs/b/c", "tenants/a/blobs/b/000001-zz"] {
            assert!(PartKey::parse(key.tenant, other).is_none(), "{other}");
        }
    }

    #[tokio::test]
    async fn a_list_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Url::from_directory_path(folder.path()).unwrap()).unwrap();
        let tenant = TenantId::from(uuid::Uuid::nil());
        assert!(store.list(tenant, None, 10).await.unwrap().parts.is_empty(), "an empty store has no folder");
        for n in 0..7_u8 {
            let key = PartKey { tenant, blob: [n * 7 % 5; 32], number: 1, part: [n; 32] };
            store.put(&key, vec![Bytes::from_static(b"abc")]).await.unwrap();
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let listed = store.list(tenant, after.as_deref(), 3).await.unwrap();
            seen.extend(listed.parts.iter().map(|(key, size)| (key.path().to_string(), *size)));
            after = listed.last;
            if after.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (7, &sorted));
        assert!(seen.iter().all(|(_, size)| *size == 3));
    }
}
