//! The scan of a version's files, by the worker: what they would run when
//! somebody loads them. They are read part by part and never loaded.

use super::append;
use crate::blobs::{self, BlobReader};
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::{promotions, versions};
use std::sync::Arc;
use weighhouse_scan::{Report, Scanner};
use weighhouse_types::attestations::{AttestationKind, Scan};
use weighhouse_types::error::Code;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::VersionRef;

/// Scans a version and attests what was found. Run again, it attests nothing
/// that the newest scan does not say already.
///
/// # Errors
/// When a file cannot be read now.
pub async fn version_scan(app: &Arc<App>, request_id: &str, reference: &VersionRef) -> Result<()> {
    let ctx = Ctx::with(app, Actor::Worker, request_id);
    let tenant = authz::tenant(&ctx, &reference.model.tenant, Action::AttestationAdd).await?;
    let mut tx = TenantTx::begin(&ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    match versions::refuse_swept_in_tx(&mut tx, &version).await {
        // The files are gone: there is nothing to scan.
        Err(error) if error.code() == Code::Gone => return tx.finish().await,
        other => other?,
    }
    let files = versions::files_in_tx(&mut tx, &version).await?;
    let readers = blobs::readers_in_tx(&mut tx, &tenant, &files).await?;
    tx.finish().await?;
    let paths = files.into_iter().map(|file| file.path);
    let sources: Vec<(String, BlobReader)> = paths.zip(readers).collect();
    let scanned = tokio::task::spawn_blocking(move || scan_all(sources)).await.map_err(Error::internal)??;
    let mut tx = TenantTx::begin(&ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    // Two scans of one version see one another.
    promotions::evidence_lock_in_tx(&mut tx, &version.model).await?;
    let body = serde_json::to_value(&scanned).map_err(Error::internal)?;
    let newest =
        super::queries::attestations(&mut tx, &version, Some(AttestationKind::Scan), None, 1).await?;
    if newest.first().is_some_and(|newest| newest.body == body) {
        return tx.finish().await;
    }
    append(tx, &version, AttestationKind::Scan, body).await.map(drop)
}

fn scan_all(sources: Vec<(String, BlobReader)>) -> Result<Scan> {
    let mut report = Report::default();
    for (path, mut reader) in sources {
        let scanned = Scanner::new(&mut report, &path).file(&mut reader);
        // The reader keeps why it failed; what the scanner says is that it did.
        if let Some(failed) = reader.failure() {
            return Err(failed);
        }
        scanned.map_err(Error::internal)?;
    }
    Ok(report.finish())
}
