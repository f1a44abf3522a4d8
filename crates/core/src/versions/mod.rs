//! Versions: immutable, numbered, identified by the digest of their context.

mod queries;

pub(crate) use queries::{
    Moved, author_of, files_of as files_in_tx, stage_of, stage_set, summaries_of, summary_of, swept_insert,
};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::jobs::{self, Job};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use serde_json::Value;
use weighhouse_ledger::canonical;
use weighhouse_types::audit::Event;
use weighhouse_types::context::{Artifact, Kind, normalise};
use weighhouse_types::error::Code;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{Stage, Version, VersionRegister, VersionSummary};

/// Registers a version. The same context again answers with the version that
/// is there, and `false`.
///
/// # Errors
/// When the context is not valid, or names files that were not sent whole;
/// nothing is registered then.
pub async fn version_register(ctx: &Ctx, model: &ModelRef, new: VersionRegister) -> Result<(Version, bool)> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::VersionRegister).await?;
    let mut new_version = prepare(new.context)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let model_created = new.create_model
        && crate::models::model_ensure_in_tx(&mut tx, model, Kind::of(&new_version.context)).await?;
    let handle = authz::model(&mut tx, model).await?;
    crate::blobs::refuse_missing_in_tx(&mut tx, &tenant, &new_version.artifact.files).await?;
    // Digests that a system leaves out are part of what is registered.
    let parts = crate::systems::resolve_in_tx(&mut tx, &handle, &mut new_version.context).await?;
    if parts.is_some() {
        new_version = prepare(new_version.context)?;
    }
    // From here on this model's registrations come one after the other.
    let (newest, kind) = queries::model_lock(&mut tx, &handle).await?;
    refuse_other_kind(model, kind, Kind::of(&new_version.context))?;
    let number = newest + 1;
    if let Some(there) = queries::number_of_digest(&mut tx, &handle, &new_version.digest).await? {
        let there = authz::version(&mut tx, &VersionRef { model: model.clone(), number: there }).await?;
        return Ok((there_again(tx, &there).await?, false));
    }
    let inputs = crate::datasets::inputs_resolve_in_tx(&mut tx, &new_version.context).await?;
    queries::version_insert(&mut tx, &handle, number, &new_version).await?;
    let reference = VersionRef { model: model.clone(), number: fit(number)? };
    let event = Event::VersionRegistered {
        version: reference.to_string(),
        digest: hex::encode(new_version.digest),
        files: fit(new_version.artifact.files.len())?,
        size: new_version.size,
        model_created,
    };
    let handle = authz::version(&mut tx, &reference).await?;
    if let Some(parts) = &parts {
        crate::systems::parts_insert_in_tx(&mut tx, &handle, parts).await?;
    }
    crate::lineage::inputs_insert_in_tx(&mut tx, &handle, &new_version.context).await?;
    crate::datasets::inputs_record_in_tx(&mut tx, &handle, &inputs).await?;
    let version = read(&mut tx, &handle).await?;
    if !version.file_list.is_empty() {
        let scan = Job::VersionScan { version: reference };
        jobs::enqueue(tx.conn_for_job()?, Some(tenant.id()), ctx.request_id(), &scan).await?;
    }
    tx.commit(&event).await?;
    Ok((version, true))
}

/// All versions of a model are of its kind.
fn refuse_other_kind(model: &ModelRef, kind: Kind, given: Kind) -> Result<()> {
    if kind == given {
        return Ok(());
    }
    let detail = format!(
        "{model} is of kind ‘{kind}’, and this is a version of kind ‘{given}’. Register it under a model of its own."
    );
    Err(Error::invalid("context", detail))
}

/// Answers the registration of what is there already. A version whose files
/// had been removed has them back: they were just sent again.
async fn there_again(mut tx: TenantTx<'_>, there: &authz::Version) -> Result<Version> {
    let restored = queries::swept_restore(&mut tx, there).await?;
    let found = read(&mut tx, there).await?;
    if restored {
        let (version, digest) = (there.reference().to_string(), found.summary.digest.clone());
        tx.commit(&Event::ArtifactRestored { version, digest }).await?;
    } else {
        tx.finish().await?;
    }
    Ok(found)
}

/// Refuses where a version's files were removed.
pub(crate) async fn refuse_swept_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<()> {
    match queries::swept_of(tx, version).await? {
        Some(swept) => Err(Error::refused(Code::Gone, swept.sentence())),
        None => Ok(()),
    }
}

/// A context in its one form, with what follows from it.
pub(crate) struct NewVersion {
    pub(crate) context: Value,
    pub(crate) digest: [u8; 32],
    pub(crate) artifact: Artifact,
    pub(crate) size: u64,
}

/// Checks a context and brings it into its one form.
pub(crate) fn prepare(context: Value) -> Result<NewVersion> {
    let context = Value::Object(normalise(context)?);
    let digest = crate::kernel::secret::sha256(&canonical::to_bytes(&context).map_err(Error::internal)?);
    let artifact = match context.get("artifact") {
        Some(artifact) => serde_json::from_value(artifact.clone()).map_err(Error::internal)?,
        None => Artifact { files: Vec::new() },
    };
    let size = artifact.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
    let size = size.filter(|size| i64::try_from(*size).is_ok());
    let size = size
        .ok_or_else(|| Error::invalid("context.artifact.files", "The sizes add up to more than can be."))?;
    Ok(NewVersion { context, digest, artifact, size })
}

/// The versions of a model, newest first.
///
/// # Errors
/// When the model is not visible.
pub async fn version_list(ctx: &Ctx, model: &ModelRef, query: &PageQuery) -> Result<Page<VersionSummary>> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let before: Option<i32> = page::after(query)?;
    let versions = queries::versions(&mut tx, &handle, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, versions, |version| version.reference.number)
}

/// A version with all that is known of it.
///
/// # Errors
/// When there is none of this number for the caller.
pub async fn version_get(ctx: &Ctx, reference: &VersionRef) -> Result<Version> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::version(&mut tx, reference).await?;
    let version = read(&mut tx, &handle).await?;
    tx.finish().await?;
    Ok(version)
}

/// A version as it is answered. What a change answers with is read before its
/// commit: after it, a failure could only deny what is done.
async fn read(tx: &mut TenantTx<'_>, handle: &authz::Version) -> Result<Version> {
    let (summary, context) = queries::summary_of(tx, handle).await?;
    let file_list = queries::files_of(tx, handle).await?;
    let history = queries::history(tx, handle).await?;
    let open_promotion = crate::promotions::open_of_in_tx(tx, handle).await?;
    let swept = queries::swept_of(tx, handle).await?;
    let annotations = crate::annotations::annotations_in_tx(tx, handle).await?;
    let supplies = summary.completeness.supplies();
    let inputs = crate::datasets::inputs_of(tx, handle).await?;
    Ok(Version { summary, context, file_list, inputs, history, supplies, annotations, open_promotion, swept })
}

/// Retires a version: it stays on record and is never used again.
///
/// # Errors
/// When it is in production, retired already, or a request for it is open.
pub async fn version_retire(ctx: &Ctx, reference: &VersionRef, reason: &str) -> Result<Version> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::VersionRetire).await?;
    let reason = reason_required(reason)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::version(&mut tx, reference).await?;
    queries::model_lock(&mut tx, &handle.model).await?;
    let from = queries::stage_of(&mut tx, &handle).await?;
    match from {
        Stage::Production => {
            return Err(Error::conflict(
                "This version is in production. Promote another one or roll back first.",
            ));
        }
        Stage::Retired => return Err(Error::conflict("This version is retired already.")),
        Stage::Development | Stage::Staging | Stage::Archived => {}
    }
    if crate::promotions::open_of_in_tx(&mut tx, &handle).await?.is_some() {
        return Err(Error::conflict("A promotion request for this version is open. Withdraw it first."));
    }
    let moved = Moved { from, to: Stage::Retired, why: format!("retired: {reason}") };
    queries::stage_set(&mut tx, &handle, &moved).await?;
    let version = read(&mut tx, &handle).await?;
    let event = Event::VersionRetired {
        version: reference.to_string(),
        digest: version.summary.digest.clone(),
        from,
        reason: reason.clone(),
    };
    tx.commit(&event).await?;
    Ok(version)
}

/// A reason, trimmed; one must be given.
pub(crate) fn reason_required(reason: &str) -> Result<String> {
    let reason = reason_optional(reason)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", "Give a reason; it stands in the record for good."));
    }
    Ok(reason)
}

/// A reason, trimmed, of at most 2,000 characters.
pub(crate) fn reason_optional(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if reason.chars().count() > 2000 {
        return Err(Error::invalid("reason", "A reason has at most 2,000 characters."));
    }
    Ok(reason.to_owned())
}

/// Locks models for the rest of the transaction, in the order of their ids.
pub(crate) async fn models_lock_in_tx(tx: &mut TenantTx<'_>, models: &[&authz::Model]) -> Result<()> {
    queries::models_lock(tx, models).await
}

/// Locks the model for the rest of the transaction.
pub(crate) async fn model_lock_in_tx(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<()> {
    queries::model_lock(tx, model).await.map(drop)
}
