//! Requests for promotion, with the evidence that they were about.

use super::{Born, Life, Story, bytea};
use crate::kernel::error::{Error, Result};
use crate::kernel::secret::sha256;
use crate::seed::dice::Dice;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use weighhouse_ledger::canonical;
use weighhouse_types::context::Completeness;
use weighhouse_types::ids::UserId;
use weighhouse_types::promotions::{Evidence, EvidenceProduction};
use weighhouse_types::versions::Stage;

/// A request that was made.
pub(super) struct Asked {
    pub(super) id: Uuid,
    pub(super) requester: UserId,
    pub(super) reason: String,
    pub(super) evidence: [u8; 32],
}

impl Life<'_> {
    pub(super) fn promotion(
        &self,
        version: &Born,
        target: Stage,
        state: &str,
        (at, closed): (DateTime<Utc>, Option<DateTime<Utc>>),
        dice: &mut Dice,
        story: &mut Story,
    ) -> Result<Asked> {
        let json = serde_json::to_value(self.evidence(version, target)).map_err(Error::internal)?;
        let digest = sha256(&canonical::to_bytes(&json).map_err(Error::internal)?);
        let asked = Asked {
            id: dice.id(at),
            requester: self.author(dice),
            reason: dice
                .pick(&["better than the one before", "retrained on newer data", "a fix of the features"])
                .to_owned(),
            evidence: digest,
        };
        story.rows.promotions.push(json!({
            "tenant_id": self.plan.tenant, "id": asked.id, "model_id": self.id, "version_id": version.id,
            "target": target, "state": state, "requester_id": asked.requester, "author_id": version.author,
            "reason": asked.reason, "quorum": u32::from(target == Stage::Production),
            "evidence_digest": bytea(&digest), "created_at": at, "closed_at": closed,
        }));
        story.rows.evidence.push(json!({
            "tenant_id": self.plan.tenant, "promotion_id": asked.id, "digest": bytea(&digest),
            "requester_id": asked.requester, "author_id": version.author, "evidence": json,
        }));
        Ok(asked)
    }

    fn evidence(&self, version: &Born, target: Stage) -> Evidence {
        let live = self.production.as_ref().filter(|_| target == Stage::Production).map(|live| &live.version);
        Evidence {
            version: version.reference.clone(),
            version_digest: hex::encode(version.digest),
            target,
            completeness: Completeness::of(&version.context, false),
            evaluation: version.context.get("evaluation").cloned(),
            production: live.map(|live| EvidenceProduction {
                number: live.reference.number,
                digest: hex::encode(live.digest),
                since: live.since,
                evaluation: live.context.get("evaluation").cloned(),
            }),
            attestations: Vec::new(),
            parts: Vec::new(),
        }
    }
}
