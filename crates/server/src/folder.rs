//! The data folder of `up`: what lies where, whose it is, and of what version.

use crate::embedded::{self, Owner};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use url::Url;
use weighhouse_core::kernel::config::{LogKey, log_key_create};
use weighhouse_core::kernel::secret;

/// The layout's version. A folder of a later one is left alone.
const VERSION: u32 = 1;

/// Where folders go that Postgres's user cannot reach.
const FALLBACK: &str = "/var/lib/weighhouse";

/// A data folder, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Where the data of `wanted` lies: there, or in the named fallback if
    /// the user that Postgres runs as could not reach it.
    pub(crate) fn resolve(wanted: &Path, owner: Option<&Owner>) -> Result<Self> {
        let root = std::path::absolute(wanted).with_context(|| format!("{} is no path", wanted.display()))?;
        let Some(owner) = owner else { return Ok(Self { root }) };
        if embedded::reachable(owner, &root) {
            return Ok(Self { root });
        }
        let hash = hex::encode(Sha256::digest(root.as_os_str().as_encoded_bytes()));
        let name = hash.get(..12).unwrap_or(&hash);
        Ok(Self { root: Path::new(FALLBACK).join(name) })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The folder of the socket. A socket's whole path has at most 107 bytes,
    /// so deep data folders have theirs elsewhere.
    pub(crate) fn socket(&self) -> PathBuf {
        let near = self.root.join("socket");
        if near.as_os_str().len() <= 80 {
            return near;
        }
        let hash = hex::encode(Sha256::digest(self.root.as_os_str().as_encoded_bytes()));
        std::env::temp_dir().join(format!("weighhouse-{}", hash.get(..12).unwrap_or(&hash)))
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.root.join("mail")
    }

    /// The key that signs the audit logs, made on the first start.
    pub(crate) fn log_key(&self, public_url: &Url) -> Result<LogKey> {
        let text = self.secret("log-key", || {
            let host = public_url.host_str().unwrap_or("localhost");
            Ok(log_key_create(&format!("{host}/weighhouse"))?.0)
        })?;
        text.parse().with_context(|| {
            format!(
                "{} holds no log key; restore it, or give another key with --log-key",
                self.root.join("log-key").display()
            )
        })
    }

    /// The key of JWTs, made on the first start.
    pub(crate) fn jwt_key(&self) -> Result<String> {
        self.secret("jwt-key", || Ok(secret::opaque()))
    }

    /// The key that seals secrets, made on the first start.
    pub(crate) fn seal_key(&self) -> Result<String> {
        self.secret("seal-key", || Ok(secret::opaque()))
    }

    /// A secret in a file of its own, made where there is none: whole or not at all.
    fn secret(&self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<String> {
        let path = self.root.join(name);
        let shown = path.display();
        if !path.try_exists().with_context(|| format!("{shown} cannot be reached"))? {
            let partial = self.root.join(format!("{name}.partial"));
            let mut file =
                File::options().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
            writeln!(file, "{}", make()?).and_then(|()| file.sync_all())?;
            fs::rename(&partial, &path).with_context(|| format!("{shown} cannot be written"))?;
            File::open(&self.root)?.sync_all()?;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read"))?;
        Ok(text.trim().to_owned())
    }

    /// The database as the application sees it.
    pub(crate) fn app_url(&self) -> String {
        embedded::url(&self.socket(), "weighhouse_app")
    }

    /// The database as its owner sees it, to migrate.
    pub(crate) fn owner_url(&self) -> String {
        embedded::url(&self.socket(), embedded::OWNER)
    }

    /// Takes the folder for this process, making it where it is not there.
    ///
    /// # Errors
    /// When another process has it, or a later version wrote it.
    pub(crate) fn take(&self) -> Result<Taken> {
        let shown = self.root.display();
        fs::create_dir_all(&self.root).with_context(|| format!("the data folder {shown} cannot be made"))?;
        let lock =
            File::create(self.root.join("lock")).with_context(|| format!("{shown} cannot be written"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another ‘weighhouse up’ runs on {shown}. Stop it first, or give another folder with --data"
                )
            }
            Err(TryLockError::Error(e)) => return Err(e).context("the data folder cannot be locked"),
        }
        self.check_version()?;
        Ok(Taken { _lock: lock })
    }

    fn check_version(&self) -> Result<()> {
        let path = self.root.join("VERSION");
        let Ok(text) = fs::read_to_string(&path) else {
            let mut file = File::create(&path).context("the data folder cannot be written")?;
            return writeln!(file, "{VERSION}").context("the data folder cannot be written");
        };
        let found: u32 = text.trim().parse().with_context(|| format!("{} is damaged", path.display()))?;
        if found > VERSION {
            bail!(
                "the data folder {} was written by a newer Weighhouse (layout {found}, this program knows {VERSION}). \
                 Start that version or a later one; nothing was changed",
                self.root.display()
            );
        }
        Ok(())
    }
}

/// The right to use a data folder, as long as the process has it.
#[derive(Debug)]
pub(crate) struct Taken {
    _lock: File,
}

/// A folder of this process's user alone: mails hold links that sign in, and
/// the store holds every client's models.
pub(crate) fn private(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    Ok(())
}
