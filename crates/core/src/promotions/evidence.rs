//! The evidence of a request: everything a decision is about.

use super::queries;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::TenantTx;
use crate::{attestations, versions};
use serde_json::Value;
use weighhouse_ledger::canonical;
use weighhouse_types::promotions::{Evidence, EvidenceProduction};
use weighhouse_types::versions::Stage;

/// Evidence with its digest: SHA-256 over its canonical JSON.
pub(super) struct Weighed {
    pub(super) evidence: Evidence,
    pub(super) json: Value,
    pub(super) digest: [u8; 32],
}

impl Weighed {
    pub(super) fn digest_hex(&self) -> String {
        hex::encode(self.digest)
    }
}

/// Gathers the evidence as it stands now. Called under the model's lock.
pub(super) async fn gather(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
) -> Result<Weighed> {
    let (summary, context) = versions::summary_of(tx, version).await?;
    let production = match queries::current(tx, &version.model).await? {
        Some(current) if target == Stage::Production => {
            let reference = weighhouse_types::reference::VersionRef {
                model: version.model.reference.clone(),
                number: current.number,
            };
            let replaced = authz::version(tx, &reference).await?;
            let (summary, context) = versions::summary_of(tx, &replaced).await?;
            let evaluation = attestations::latest_evaluation_in_tx(tx, &replaced, &context).await?;
            Some(EvidenceProduction {
                number: current.number,
                digest: summary.digest,
                since: current.since,
                evaluation,
            })
        }
        _ => None,
    };
    let evidence = Evidence {
        version: version.reference(),
        version_digest: summary.digest,
        target,
        completeness: summary.completeness,
        evaluation: attestations::latest_evaluation_in_tx(tx, version, &context).await?,
        production,
        attestations: attestations::evidence_in_tx(tx, version).await?,
    };
    let json = serde_json::to_value(&evidence).map_err(Error::internal)?;
    let digest = secret::sha256(&canonical::to_bytes(&json).map_err(Error::internal)?);
    Ok(Weighed { evidence, json, digest })
}

/// Renews the evidence of the model's open request for production after
/// production changed, or something was attested. Decisions given on the evidence before are void from
/// here on: they name its digest. Gives the new one.
pub(crate) async fn refresh(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Option<String>> {
    let Some(open) = queries::open_for(tx, model, Stage::Production).await? else { return Ok(None) };
    let version = authz::version(tx, &open.version).await?;
    let weighed = gather(tx, &version, Stage::Production).await?;
    queries::evidence_replace(tx, open.id, &weighed).await?;
    Ok(Some(weighed.digest_hex()))
}
