//! The mail folder, for the operator's page while no SMTP server is set.

use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use std::path::Path;
use weighhouse_types::notifications::FolderMail;

/// The page shows this many mails, newest first.
const SHOWN: usize = 100;

/// The newest mails of the folder.
///
/// # Errors
/// When the caller is not the platform's operator, mail goes to an SMTP
/// server, or the installation is reached from beyond loopback: for all of
/// these the page does not exist, since mails hold links that sign in.
pub async fn folder_mails(ctx: &Ctx) -> Result<Vec<FolderMail>> {
    let operator = matches!(&ctx.actor, Actor::Session { user, .. } if user.operator);
    let loopback = ctx.app().config.plain_http();
    let folder = ctx.app().mailer.folder().filter(|_| operator && loopback);
    let folder = folder.ok_or_else(|| Error::not_found("page"))?.clone();
    tokio::task::spawn_blocking(move || newest(&folder)).await.map_err(Error::internal)?
}

fn newest(folder: &Path) -> Result<Vec<FolderMail>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::internal(e)),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".eml"))
        .collect();
    // Names are time-ordered ids.
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.truncate(SHOWN);
    names.into_iter().map(|name| read(folder, name)).collect()
}

fn read(folder: &Path, file: String) -> Result<FolderMail> {
    let path = folder.join(&file);
    let at = std::fs::metadata(&path).and_then(|meta| meta.modified()).map_err(Error::internal)?;
    let raw = std::fs::read(&path).map_err(Error::internal)?;
    Ok(FolderMail { file, at: at.into(), raw: String::from_utf8_lossy(&raw).into_owned() })
}
