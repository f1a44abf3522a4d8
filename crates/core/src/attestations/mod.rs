//! Attestations: evaluations, model cards, scans, signatures and comments,
//! appended to a version's digest and never edited.

mod queries;
mod scan;
mod signers;

pub use scan::version_scan;
pub use signers::{signer_add, signer_list, signer_remove};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use crate::{promotions, versions};
use serde_json::{Value, json};
use weighhouse_ledger::canonical;
use weighhouse_types::attestations::{
    self as types, Attestation, AttestationAdd, AttestationKind, AttestationQuery, BUNDLE_MAX, Comment,
    Evaluated,
};
use weighhouse_types::audit::Event;
use weighhouse_types::context::Evaluation;
use weighhouse_types::error::Code;
use weighhouse_types::page::Page;
use weighhouse_types::permission::Action;
use weighhouse_types::promotions::EvidenceAttestation;
use weighhouse_types::reference::VersionRef;

/// Appends an evaluation, a model card or a signature to a version. What is
/// evidence renews that of the model's open request: decisions given before
/// are void.
///
/// # Errors
/// When the body is not of its kind; nothing is appended then.
pub async fn attestation_add(ctx: &Ctx, reference: &VersionRef, new: AttestationAdd) -> Result<Attestation> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::AttestationAdd).await?;
    let AttestationAdd { kind, body } = new;
    if kind == AttestationKind::Comment {
        return Err(Error::invalid("kind", "A comment has an address of its own: …/versions/N/comments."));
    }
    types::check(kind, &body)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    let body = match kind {
        AttestationKind::Signature => signed(&mut tx, &version, body).await?,
        _ => body,
    };
    append(tx, &version, kind, body).await
}

/// Says something about a version.
///
/// # Errors
/// When there is nothing to say, or too much.
pub async fn comment_add(ctx: &Ctx, reference: &VersionRef, comment: Comment) -> Result<Attestation> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::CommentAdd).await?;
    let body = json!({ "text": comment.text.trim() });
    types::check(AttestationKind::Comment, &body)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    append(tx, &version, AttestationKind::Comment, body).await
}

/// A version's attestations, newest first.
///
/// # Errors
/// When the version is not visible.
pub async fn attestation_list(
    ctx: &Ctx,
    reference: &VersionRef,
    query: &AttestationQuery,
) -> Result<Page<Attestation>> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::TenantRead).await?;
    let page = query.page();
    let before = page::after(&page)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    let found = queries::attestations(&mut tx, &version, query.kind, before, page::fetch(&page)).await?;
    tx.finish().await?;
    page::cut(&page, found, |attestation| attestation.id)
}

/// Writes an attestation with its event, and commits.
async fn append(
    mut tx: TenantTx<'_>,
    version: &authz::Version,
    kind: AttestationKind,
    body: Value,
) -> Result<Attestation> {
    if kind.is_evidence() {
        versions::model_lock_in_tx(&mut tx, &version.model).await?;
    }
    let (of, _) = versions::summary_of(&mut tx, version).await?;
    let said = json!({ "version_digest": of.digest, "kind": kind, "body": body });
    let digest = crate::kernel::secret::sha256(&canonical::to_bytes(&said).map_err(Error::internal)?);
    let attestation = queries::insert(&mut tx, version, kind, &digest, &body).await?;
    let evidence = match kind.is_evidence() {
        true => promotions::evidence_refresh_in_tx(&mut tx, &version.model).await?,
        false => None,
    };
    let event = Event::AttestationAdded {
        version: version.reference().to_string(),
        kind,
        attestation: attestation.id.to_string(),
        digest: attestation.digest.clone(),
        summary: if kind.is_evidence() { attestation.summary() } else { String::new() },
        evidence,
    };
    tx.commit(&event).await?;
    Ok(attestation)
}

/// Checks a bundle against the version's files and the client's signers.
async fn signed(tx: &mut TenantTx<'_>, version: &authz::Version, bundle: Value) -> Result<Value> {
    let size = bundle.to_string().len();
    if size > BUNDLE_MAX {
        let detail = format!("The bundle has {size} bytes; at most {BUNDLE_MAX} are taken.");
        return Err(Error::refused(Code::TooLarge, detail));
    }
    let files = versions::files_in_tx(tx, version).await?;
    let trusted = signers::trusted_in_tx(tx).await?;
    let checked = weighhouse_scan::signature::verify(bundle, &files, &trusted);
    serde_json::to_value(checked.map_err(|e| Error::invalid("body", e))?).map_err(Error::internal)
}

/// What a decision about a version is about besides its context: attestations
/// that are evidence, oldest first. Of scans the newest stands for all.
pub(crate) async fn evidence_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<EvidenceAttestation>> {
    let all = queries::evidence(tx, version).await?;
    let newest_scan = all.iter().rev().find(|a| a.kind == AttestationKind::Scan).map(|a| a.id);
    let counts = |a: &&Attestation| a.kind != AttestationKind::Scan || Some(a.id) == newest_scan;
    let evidence = |a: &Attestation| EvidenceAttestation {
        id: a.id,
        kind: a.kind,
        digest: a.digest.clone(),
        summary: a.summary(),
    };
    Ok(all.iter().filter(counts).map(evidence).collect())
}

/// Every result on test sets there is of a version, oldest first: those that
/// it was registered with, then those that were attested.
pub(crate) async fn results_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    context: &Value,
) -> Result<Vec<Evaluation>> {
    let own = context.get("evaluation").cloned();
    let mut results: Vec<Evaluation> =
        own.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    for attestation in queries::evidence(tx, version).await? {
        if attestation.kind == AttestationKind::Evaluation {
            let attested: Evaluated = serde_json::from_value(attestation.body).map_err(Error::internal)?;
            results.extend(attested.results);
        }
    }
    Ok(results)
}

/// The newest result on each test set, as an evaluation component; `None`
/// where there is no result at all. Without attested ones it is the
/// component as it was registered.
pub(crate) async fn latest_evaluation_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    context: &Value,
) -> Result<Option<Value>> {
    let own: Option<&Value> = context.get("evaluation");
    let before = own.and_then(Value::as_array).map_or(0, Vec::len);
    let results = results_in_tx(tx, version, context).await?;
    if results.len() <= before {
        return Ok(own.cloned());
    }
    serde_json::to_value(types::latest(results)).map(Some).map_err(Error::internal)
}
