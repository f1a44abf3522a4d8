//! What happened at one tenant: models, their versions, and how these went
//! through their stages.

mod requests;

use super::contexts;
use super::dice::Dice;
use super::queries::Rows;
use crate::kernel::error::{Result, fit};
use crate::kernel::log::Past;
use crate::versions::{self, NewVersion};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::context::FileEntry;
use weighhouse_types::ids::UserId;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::Stage;

const PROJECTS: [&str; 4] = ["claims", "pricing", "service", "operations"];

/// Who there is.
pub(super) struct People {
    pub(super) engineers: Vec<UserId>,
    pub(super) approvers: Vec<(UserId, String)>,
}

/// What is to be told of a tenant.
pub(super) struct Plan {
    pub(super) tenant: Uuid,
    pub(super) slug: String,
    pub(super) models: usize,
    pub(super) versions: usize,
    pub(super) engineers: Vec<UserId>,
    pub(super) approver: UserId,
    pub(super) files: Vec<FileEntry>,
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// Everything of a tenant, and what its log says of it, in order of time.
#[derive(Default)]
pub(super) struct Story {
    pub(super) rows: Rows,
    pub(super) past: Vec<Past>,
}

/// Makes up a tenant's history.
pub(super) fn tell(plan: &Plan, dice: &mut Dice) -> Result<Story> {
    let mut story = Story::default();
    let projects: Vec<(Uuid, &str)> = PROJECTS.iter().map(|slug| (dice.id(plan.from), *slug)).collect();
    for (id, slug) in &projects {
        let name = slug[..1].to_uppercase() + &slug[1..];
        story.rows.projects.push(json!({
            "tenant_id": plan.tenant, "id": id, "slug": slug, "name": name, "created_at": plan.from,
        }));
        story.tell(plan.from, None, Event::ProjectCreated { project: (*slug).into(), name });
    }
    for (number, versions) in shares(plan, dice).into_iter().enumerate() {
        let (project_id, project) = projects.get(number % projects.len()).copied().unwrap_or_default();
        let (name, description) = contexts::model(dice, number);
        let reference = ModelRef { tenant: plan.slug.clone(), project: project.into(), model: name };
        let id = dice.id(plan.from);
        let created_at = plan.from + TimeDelta::hours(1);
        story.rows.models.push(json!({
            "tenant_id": plan.tenant, "id": id, "project_id": project_id, "name": reference.model,
            "description": description, "versions": versions, "created_at": created_at,
        }));
        story.tell(created_at, None, Event::ModelCreated { model: reference.to_string() });
        let newest = fit(versions)?;
        Life { plan, id, reference, production: None, created_at, newest }.live(dice, &mut story)?;
    }
    story.past.sort_by_key(|past| past.at);
    Ok(story)
}

/// How many versions each model has: one at least, some many more than others.
fn shares(plan: &Plan, dice: &mut Dice) -> Vec<usize> {
    let mut shares = vec![1; plan.models];
    for _ in plan.models..plan.versions {
        // The smaller of two: the first models have more.
        let end = fit::<_, u64>(plan.models).unwrap_or(1);
        let n = dice.below(end).min(dice.below(end));
        if let Some(share) = usize::try_from(n).ok().and_then(|n| shares.get_mut(n)) {
            *share += 1;
        }
    }
    shares
}

impl Story {
    fn tell(&mut self, at: DateTime<Utc>, actor: Option<UserId>, event: Event) {
        self.past.push(Past { at, actor: actor.map(|user| user.0), event });
    }
}

/// A version as its model's life has it.
struct Born {
    id: Uuid,
    reference: VersionRef,
    author: UserId,
    context: Value,
    digest: [u8; 32],
    stage: Stage,
    previous: Option<Stage>,
    since: DateTime<Utc>,
}

/// What is in production, since when, by which request.
struct Live {
    version: Born,
    promotion: Uuid,
    requester: UserId,
}

/// One model on its way through time.
struct Life<'p> {
    plan: &'p Plan,
    id: Uuid,
    reference: ModelRef,
    production: Option<Live>,
    created_at: DateTime<Utc>,
    /// The number of its last version.
    newest: u32,
}

impl Life<'_> {
    fn live(mut self, dice: &mut Dice, story: &mut Story) -> Result<()> {
        let span = (self.plan.until - self.created_at).num_minutes();
        let step = span / (i64::from(self.newest) + 1);
        for number in 1..=self.newest {
            let jitter = fit::<_, i64>(dice.below(fit(step.max(2) / 2)?))?;
            let at = self.created_at + TimeDelta::minutes(step * i64::from(number) + jitter);
            let mut version = self.register(number, at, dice, story)?;
            let hour = TimeDelta::minutes((step / 8).clamp(1, 60));
            if dice.percent(45) {
                self.stage(&mut version, at + hour, dice, story)?;
                if dice.percent(50) {
                    self.ask(version, at + hour * 2, at + hour * 3, dice, story)?;
                    continue;
                }
            } else if dice.percent(8) {
                let reason = "It was an experiment.".to_owned();
                self.moved(
                    &mut version,
                    Stage::Retired,
                    at + hour,
                    self.author(dice),
                    format!("retired: {reason}"),
                    dice,
                    story,
                );
                let (digest, from) = (hex::encode(version.digest), Stage::Development);
                let event =
                    Event::VersionRetired { version: version.reference.to_string(), digest, from, reason };
                story.tell(at + hour, Some(version.author), event);
            }
            self.rest(&version, story);
        }
        self.end(story)
    }

    fn author(&self, dice: &mut Dice) -> UserId {
        let n = usize::try_from(dice.next() >> 33).unwrap_or(0) % self.plan.engineers.len().max(1);
        self.plan.engineers.get(n).copied().unwrap_or(self.plan.approver)
    }

    fn register(&self, number: u32, at: DateTime<Utc>, dice: &mut Dice, story: &mut Story) -> Result<Born> {
        let context = contexts::context(dice, &self.reference.model, number, &self.plan.files);
        let NewVersion { context, digest, artifact, size } = versions::prepare(context)?;
        let (id, author, tenant) = (dice.id(at), self.author(dice), self.plan.tenant);
        let reference = VersionRef { model: self.reference.clone(), number };
        story.rows.versions.push(json!({
            "tenant_id": tenant, "id": id, "model_id": self.id, "number": number, "digest": bytea(&digest),
            "context": context, "files": artifact.files.len(), "size": size, "author_id": author, "created_at": at,
        }));
        for file in &artifact.files {
            story.rows.files.push(json!({
                "tenant_id": tenant, "version_id": id, "path": file.path, "sha256": format!("\\x{}", file.sha256),
                "size": file.size,
            }));
        }
        let event = Event::VersionRegistered {
            version: reference.to_string(),
            digest: hex::encode(digest),
            files: fit(artifact.files.len())?,
            size,
            model_created: false,
        };
        story.tell(at, Some(author), event);
        let (stage, previous) = (Stage::Development, None);
        let born = Born { id, reference, author, context, digest, stage, previous, since: at };
        self.change(&born, author, "registered", dice, story);
        Ok(born)
    }

    /// Writes a stage that a version has come to.
    fn change(&self, version: &Born, user: UserId, why: &str, dice: &mut Dice, story: &mut Story) {
        story.rows.changes.push(json!({
            "tenant_id": self.plan.tenant, "version_id": version.id, "id": dice.id(version.since),
            "from_stage": version.previous, "to_stage": version.stage, "at": version.since, "user_id": user, "why": why,
        }));
    }

    #[expect(clippy::too_many_arguments, reason = "a step has this many sides")]
    fn moved(
        &self,
        version: &mut Born,
        to: Stage,
        at: DateTime<Utc>,
        user: UserId,
        why: String,
        dice: &mut Dice,
        story: &mut Story,
    ) {
        version.previous = Some(version.stage);
        version.stage = to;
        version.since = at;
        self.change(version, user, &why, dice, story);
    }

    fn stage(&self, version: &mut Born, at: DateTime<Utc>, dice: &mut Dice, story: &mut Story) -> Result<()> {
        let asked = self.promotion(version, Stage::Staging, "approved", (at, Some(at)), dice, story)?;
        let why = format!("promoted to staging: {}", asked.reason);
        self.moved(version, Stage::Staging, at, asked.requester, why, dice, story);
        let event = Event::VersionStaged {
            version: version.reference.to_string(),
            digest: hex::encode(version.digest),
            promotion: asked.id.to_string(),
            reason: asked.reason,
        };
        story.tell(at, Some(asked.requester), event);
        Ok(())
    }

    /// Asks for production, and what came of it: yes, no, or nothing yet.
    fn ask(
        &mut self,
        mut version: Born,
        at: DateTime<Utc>,
        decided: DateTime<Utc>,
        dice: &mut Dice,
        story: &mut Story,
    ) -> Result<()> {
        // Only the newest can still wait: what comes later would change its evidence.
        let newest = version.reference.number == self.newest;
        let (state, decision) = match dice.below(10) {
            0 | 1 if newest => ("open", None),
            0 | 1 => ("rejected", Some("reject")),
            _ => ("approved", Some("approve")),
        };
        let asked =
            self.promotion(&version, Stage::Production, state, (at, decision.map(|_| decided)), dice, story)?;
        let (reference, evidence) = (version.reference.to_string(), hex::encode(asked.evidence));
        let (promotion, target) = (asked.id.to_string(), Stage::Production);
        story.tell(
            at,
            Some(asked.requester),
            Event::PromotionOpened {
                version: reference.clone(),
                target,
                promotion: promotion.clone(),
                evidence: evidence.clone(),
                reason: asked.reason.clone(),
            },
        );
        let Some(decision) = decision else {
            self.rest(&version, story);
            return Ok(());
        };
        let reason = dice
            .pick(&["The figures hold.", "Checked with the business.", "As agreed in the review."])
            .to_owned();
        story.rows.approvals.push(json!({
            "tenant_id": self.plan.tenant, "promotion_id": asked.id, "evidence_digest": bytea(&asked.evidence),
            "seen_digest": bytea(&asked.evidence), "approver_id": self.plan.approver,
            "requester_id": asked.requester, "author_id": version.author, "decision": decision, "reason": reason,
            "at": decided,
        }));
        if decision == "reject" {
            let event = Event::PromotionRejected { version: reference, target, promotion, evidence, reason };
            story.tell(decided, Some(self.plan.approver), event);
            self.rest(&version, story);
            return Ok(());
        }
        let replaced = self.replace(&version.reference, decided, dice, story);
        let why = format!("approved for production: {}", asked.reason);
        self.moved(&mut version, Stage::Production, decided, self.plan.approver, why, dice, story);
        story.tell(
            decided,
            Some(self.plan.approver),
            Event::PromotionApproved {
                version: reference,
                target,
                promotion,
                evidence,
                reason,
                complete: true,
                replaced,
                moved: Vec::new(),
                renewed: Vec::new(),
            },
        );
        self.production = Some(Live { version, promotion: asked.id, requester: asked.requester });
        Ok(())
    }

    /// Archives what was in production.
    fn replace(
        &mut self,
        by: &VersionRef,
        at: DateTime<Utc>,
        dice: &mut Dice,
        story: &mut Story,
    ) -> Option<String> {
        let mut live = self.production.take()?;
        self.period(&live, Some(at), dice, story);
        let why = format!("replaced in production by {by}");
        self.moved(&mut live.version, Stage::Archived, at, self.plan.approver, why, dice, story);
        self.rest(&live.version, story);
        Some(live.version.reference.to_string())
    }

    fn period(&self, live: &Live, until: Option<DateTime<Utc>>, dice: &mut Dice, story: &mut Story) {
        let from = live.version.since;
        let end = until.map(|until| until.to_rfc3339()).unwrap_or_default();
        story.rows.periods.push(json!({
            "tenant_id": self.plan.tenant, "id": dice.id(from), "model_id": self.id, "version_id": live.version.id,
            "period": format!("[{},{end})", from.to_rfc3339()), "began_by": "promotion",
            "ended_by": until.map(|_| "promotion"), "promotion_id": live.promotion, "user_id": live.requester,
            "reason": "better than the one before",
        }));
    }

    /// Writes where a version is in the end.
    fn rest(&self, version: &Born, story: &mut Story) {
        story.rows.stages.push(json!({
            "tenant_id": self.plan.tenant, "version_id": version.id, "model_id": self.id, "stage": version.stage,
            "previous": version.previous, "since": version.since,
        }));
    }

    fn end(mut self, story: &mut Story) -> Result<()> {
        if let Some(live) = self.production.take() {
            let mut dice = Dice::new(live.promotion.as_u64_pair().0, live.promotion.as_u64_pair().1);
            self.period(&live, None, &mut dice, story);
            self.rest(&live.version, story);
        }
        Ok(())
    }
}

pub(super) fn bytea(bytes: &[u8]) -> String {
    format!("\\x{}", hex::encode(bytes))
}
