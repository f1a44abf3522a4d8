//! Mails about what happened, written into the outbox in the transaction of
//! their cause; and sending what the outbox holds.

mod folder;
mod people;
mod pins;
mod queries;
mod template;

pub use folder::folder_mails;

pub(crate) use people::{email_changed, email_confirm, password_changed, password_reset, staff_invitation};

pub(crate) use pins::pin_changed;

use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::jobs::Leased;
use crate::kernel::outbox::mail_enqueue;
use crate::kernel::tx::{PlatformTx, TenantTx};
use crate::memberships;
use chrono::{DateTime, Utc};
use template::{Letter, Row};
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::compare::MetricChange;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::memberships::Invitation;
use weighhouse_types::promotions::{Evidence, EvidencePart, PromotionSummary};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::systems::AffectedSystem;
use weighhouse_types::versions::RolledBack;

/// Sends a mail of the outbox, once: a mail that was sent is left alone.
///
/// # Errors
/// When the mail cannot be sent now.
pub async fn mail_send(app: &App, leased: &Leased, mail: Uuid) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    let unsent = queries::mail_unsent(&mut tx, mail).await?;
    tx.finish().await?;
    let Some(letter) = unsent else { return Ok(()) };
    app.mailer.send(mail, &leased.request_id, &letter).await?;
    let mut tx = PlatformTx::begin(app).await?;
    queries::mail_sent(&mut tx, mail).await?;
    tx.commit_bookkeeping().await
}

/// The path of a request's page.
pub(crate) fn promotion_path(tenant: &str, id: PromotionId) -> String {
    format!("/t/{tenant}/promotions/{id}")
}

/// What a mail about a new request needs.
pub(crate) struct Requested<'a> {
    pub(crate) id: PromotionId,
    pub(crate) evidence: &'a Evidence,
    pub(crate) changes: &'a [MetricChange],
    /// Systems that hold another version of what would go into production.
    pub(crate) affected: &'a [AffectedSystem],
    pub(crate) reason: &'a str,
}

/// Tells every approver of a new request: what changes, and where to decide.
pub(crate) async fn promotion_requested(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    request: &Requested<'_>,
) -> Result<()> {
    let Requested { id, evidence, changes, affected, reason } = *request;
    let requester = tx.ctx().user()?.name.clone();
    let version = &evidence.version;
    let replaces = match &evidence.production {
        Some(production) => {
            format!("It would replace {}@{}, in production now.", version.model, production.number)
        }
        None => "Nothing of this model is in production yet.".to_owned(),
    };
    let mut paragraphs =
        vec![format!("{requester} asks to promote {version} to {}. {replaces}", evidence.target)];
    if !reason.is_empty() {
        paragraphs.push(format!("Their reason: “{reason}”"));
    }
    paragraphs.extend(parts_words(evidence));
    paragraphs.extend(affected.iter().map(AffectedSystem::sentence));
    // Approval is what is asked for here.
    let missing = evidence.completeness.missing.iter().map(String::as_str).filter(|key| *key != "approval");
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        paragraphs.push(format!("Missing from its context: {}.", missing.join(", ")));
    }
    let attested: Vec<&str> =
        evidence.attestations.iter().rev().take(10).map(|a| a.summary.as_str()).collect();
    if !attested.is_empty() {
        paragraphs.push(format!("Attested: {}.", attested.join("; ")));
    }
    if tenant.info().synthetic {
        paragraphs.push("This is a demonstration: data and people are made up.".into());
    }
    let letter = Letter {
        subject: format!("Approval needed: {version} to {}", evidence.target),
        paragraphs,
        rows: rows(changes, evidence.production.as_ref().map(|p| p.number), version),
        button: Some((
            "Read the evidence and decide".into(),
            tx.ctx().app().config.link(&promotion_path(tenant.slug(), id)),
        )),
    };
    to_approvers(tx, &letter).await
}

/// What goes into production with a system, where it is not there already.
fn parts_words(evidence: &Evidence) -> Option<String> {
    let moves =
        |part: &&EvidencePart| part.production.as_ref().map(|p| p.number) != Some(part.version.number);
    let words = |part: &EvidencePart| match &part.production {
        Some(now) => format!("{} in place of @{}", part.version, now.number),
        None => part.version.to_string(),
    };
    let moving: Vec<String> = evidence.parts.iter().filter(moves).map(words).collect();
    (!moving.is_empty()).then(|| format!("Into production with it go: {}.", moving.join(", ")))
}

/// The metrics of the whole test set, and those slices where something
/// doubled or halved: what a reader of a mail must not miss.
fn rows(changes: &[MetricChange], production: Option<u32>, version: &VersionRef) -> Vec<Row> {
    let stands_out = |change: &&MetricChange| match (change.before, change.after) {
        _ if change.slice.is_none() => true,
        (Some(before), Some(after)) => after > 2.0 * before || before > 2.0 * after,
        _ => false,
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.4}"));
    let head = Row {
        head: true,
        cells: [
            "Metric".into(),
            production.map_or_else(|| "Production".into(), |n| format!("@{n} (production)")),
            format!("@{} (asked for)", version.number),
        ],
    };
    let body = changes.iter().filter(stands_out).take(40).map(|change| Row {
        head: false,
        cells: [
            match &change.slice {
                Some(slice) => format!("{}, {slice}", change.metric),
                None => change.metric.clone(),
            },
            number(change.before),
            match (change.before, change.after) {
                (Some(before), Some(after)) if change.slice.is_some() && before > 0.0 => {
                    format!("{after:.4} (× {:.1})", after / before)
                }
                (_, after) => number(after),
            },
        ],
    });
    let body: Vec<Row> = body.collect();
    if body.is_empty() { Vec::new() } else { std::iter::once(head).chain(body).collect() }
}

/// What a mail about a decision needs.
pub(crate) struct Notice {
    pub(crate) summary: PromotionSummary,
    pub(crate) requester_email: String,
}

/// Tells the requester of a decision.
pub(crate) async fn promotion_decided(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    notice: &Notice,
    event: &Event,
) -> Result<()> {
    let decider = tx.ctx().user()?.name.clone();
    let outcome = match event {
        Event::PromotionRejected { .. } => "rejected",
        Event::PromotionApproved { complete: false, .. } => "approved by one of several",
        _ => "approved",
    };
    let link = tx.ctx().app().config.link(&promotion_path(tenant.slug(), notice.summary.id));
    let letter = Letter {
        subject: format!("{} for {}: {outcome}", notice.summary.version, notice.summary.target),
        paragraphs: vec![event.sentence(&decider)],
        rows: Vec::new(),
        button: Some(("Open the request".into(), link)),
    };
    enqueue(tx, &notice.requester_email, &letter).await
}

/// Tells every approver that production was rolled back.
pub(crate) async fn rolled_back(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    done: &RolledBack,
    reason: &str,
) -> Result<()> {
    let who = tx.ctx().user()?.name.clone();
    let model = &done.to.model;
    let path = format!("/t/{}/p/{}/m/{}", tenant.slug(), model.project, template::path_segment(&model.model));
    let mut paragraphs = vec![
        format!(
            "{who} rolled production back from {} to {} at {}.",
            done.from,
            done.to,
            done.at.format("%Y-%m-%d %H:%M:%S UTC")
        ),
        format!("Their reason: “{reason}”"),
    ];
    if !done.moved.is_empty() {
        let moved: Vec<String> = done.moved.iter().map(ToString::to_string).collect();
        paragraphs.push(format!("Back with it: {}.", moved.join(", ")));
    }
    paragraphs.extend(done.affected.iter().map(AffectedSystem::sentence));
    paragraphs.push("A rollback restores what was approved before, so it takes no new approval.".into());
    let letter = Letter {
        subject: format!("Rolled back: {} is in production again", done.to),
        paragraphs,
        rows: Vec::new(),
        button: Some(("Open the model".into(), tx.ctx().app().config.link(&path))),
    };
    to_approvers(tx, &letter).await
}

/// Sends an invitation with its one-time link.
pub(crate) async fn invitation_mail(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    invitation: &Invitation,
    inviter: &str,
    token: &str,
) -> Result<()> {
    let link = tx.ctx().app().config.link(&format!("/invitation/{token}"));
    let role = invitation.role.as_str();
    let letter = invitation_letter(inviter, &tenant.info().name, role, invitation.expires_at, link);
    enqueue(tx, &invitation.email, &letter).await
}

fn invitation_letter(inviter: &str, place: &str, role: &str, until: DateTime<Utc>, link: String) -> Letter {
    Letter {
        subject: format!("{inviter} invites you to {place} on Weighhouse"),
        paragraphs: vec![
            format!("{inviter} invites you to {place} as {role}."),
            "Weighhouse records which machine-learning models are approved, by whom and on what evidence."
                .into(),
            format!("The link works once, until {}.", until.format("%Y-%m-%d %H:%M UTC")),
        ],
        rows: Vec::new(),
        button: Some(("Accept the invitation".into(), link)),
    }
}

async fn to_approvers(tx: &mut TenantTx<'_>, letter: &Letter) -> Result<()> {
    for approver in memberships::approvers(tx).await? {
        enqueue(tx, &approver, letter).await?;
    }
    Ok(())
}

async fn enqueue(tx: &mut TenantTx<'_>, recipient: &str, letter: &Letter) -> Result<()> {
    let mail = letter.to(recipient);
    let (tenant, request_id) = (tx.tenant(), tx.ctx().request_id().to_owned());
    mail_enqueue(tx.conn_for_job()?, Some(tenant), &request_id, &mail).await
}
