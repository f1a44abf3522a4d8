//! The object store. Objects are named inside their tenant: de-duplication
//! across tenants would tell who has what.

use super::config::StoreConfig;
use super::error::{Error, Result};
use super::log::Log;
use super::metrics::metrics;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientOptions, GetResultPayload, ObjectStore, ObjectStoreExt, ObjectStoreScheme,
    PutPayload, RetryConfig,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::io::ReaderStream;
use weighhouse_types::ids::TenantId;

/// How much of a file is read at a time, in bytes.
const READ: usize = 1 << 20;

/// How long a probe waits, retries within: it asks again soon.
const PING: Duration = Duration::from_secs(3);

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
    /// Opens `file:`, `s3:`, `gs:` or `az:`.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self> {
        let url = &config.url;
        let wrong =
            |e: &dyn std::fmt::Display| Error::invalid("store-url", format!("‘{url}’ cannot be used: {e}"));
        if url.scheme() == "file" {
            let folder = url.to_file_path().map_err(|()| wrong(&"it is no absolute path"))?;
            std::fs::create_dir_all(&folder).map_err(|e| wrong(&e))?;
            let local = LocalFileSystem::new_with_prefix(folder).map_err(|e| wrong(&e))?;
            let local = local.with_automatic_cleanup(true);
            return Ok(Self { objects: Arc::new(local.with_fsync(true)), in_order: false });
        }
        let (store, prefix) = remote(config).map_err(|e| wrong(&e))?;
        Ok(Self { objects: Arc::new(PrefixStore::new(store, prefix)), in_order: true })
    }

    /// Stores a part; durable when it returns. A part is small enough for one
    /// request: it is there whole or not at all, and sent again it is the same.
    pub(crate) async fn put(&self, key: &PartKey, body: Vec<Bytes>) -> Result<()> {
        let path = key.path();
        metrics().store_call("put", self.objects.put(&path, PutPayload::from_iter(body))).await?;
        Ok(())
    }

    /// A part's bytes, as they come from the store. Files are read in blocks
    /// of our own: the crate's 8 KiB ones cost a change of thread each.
    pub(crate) async fn get(&self, key: &PartKey) -> Result<BoxStream<'static, Result<Bytes>>> {
        let path = key.path();
        let found = metrics().store_call("get", self.objects.get(&path)).await?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => {
                let file = tokio::fs::File::from_std(file);
                ReaderStream::with_capacity(file, READ).map_err(Error::internal).boxed()
            }
            GetResultPayload::Stream(body) => {
                body.inspect_err(|_| metrics().store_broke()).map_err(Error::from).boxed()
            }
        })
    }

    /// Removes a part; one that is not there is removed already.
    pub(crate) async fn delete(&self, key: &PartKey) -> Result<()> {
        match metrics().store_call("delete", self.objects.delete(&key.path())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
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

    /// Replaces the signer's record of a log; durable when it returns.
    pub(crate) async fn signed_put(&self, log: Log, note: &str) -> Result<()> {
        self.objects.put(&signed_path(log), note.to_owned().into()).await?;
        Ok(())
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        tokio::time::timeout(PING, self.look()).await.unwrap_or_else(|_late| {
            let source = format!("no answer within {} s", PING.as_secs()).into();
            Err(object_store::Error::Generic { store: "ping", source }.into())
        })
    }

    async fn look(&self) -> Result<()> {
        match metrics().store_call("head", self.objects.head(&Path::from("ready"))).await {
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

/// Opens a store behind the network, with bounds on how long it is waited for.
fn remote(config: &StoreConfig) -> object_store::Result<(Box<dyn ObjectStore>, Path)> {
    let (scheme, path) = ObjectStoreScheme::parse(&config.url)?;
    macro_rules! build {
        ($builder:ty, $prefix:literal) => {{
            let mut builder = <$builder>::new()
                .with_url(config.url.to_string())
                .with_client_options(client())
                .with_retry(retry());
            for (name, value) in &config.options {
                let name = name.to_ascii_lowercase();
                // Others' variables, such as TOKEN, are none of the store's.
                let key = name.starts_with($prefix).then(|| name.parse().ok()).flatten();
                if let Some(key) = key {
                    builder = builder.with_config(key, value);
                }
            }
            let store: Box<dyn ObjectStore> = Box::new(builder.build()?);
            store
        }};
    }
    let store = match scheme {
        ObjectStoreScheme::AmazonS3 => build!(AmazonS3Builder, "aws_"),
        ObjectStoreScheme::GoogleCloudStorage => build!(GoogleCloudStorageBuilder, "google_"),
        ObjectStoreScheme::MicrosoftAzure => build!(MicrosoftAzureBuilder, "azure_"),
        _ => return object_store::parse_url(&config.url),
    };
    Ok((store, path))
}

/// No bound on a whole request: people read slowly. But each connection and
/// each wait for bytes has one.
fn client() -> ClientOptions {
    ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(Duration::from_secs(5))
        .with_read_timeout(Duration::from_secs(15))
        .with_pool_idle_timeout(Duration::from_secs(60))
}

/// Retries with jitter, over within a request's patience.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_secs(30),
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
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        let store = Store::open(&StoreConfig { url, options: Vec::new() }).unwrap();
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
