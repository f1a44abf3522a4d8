//! What the next sweep would remove.

use super::queries::{self, ArtifactRow, Expiring, MailRow, PayloadRow, SessionRow, expired};
use super::rules::{self, Term, Verdict};
use super::{SCHEDULE, sweep::term_of};
use crate::holds;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Result, fit};
use crate::kernel::schedule;
use crate::kernel::tx::TenantTx;
use chrono::Utc;
use std::collections::HashMap;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::retention::{PreviewClass, PreviewKept, PreviewVersion, RecordClass, SweepPreview};
use weighhouse_types::versions::Stage;

/// Rows of a class that are counted; beyond, a preview says “more”.
const COUNTED: usize = 10_000;
/// Versions that are named.
const NAMED: usize = 100;

/// What the next sweep would remove if nothing changed until then, class by
/// class, and which versions' files would stay although they are past their
/// term. Changes nothing.
///
/// # Errors
/// When the caller may not read it.
pub async fn sweep_preview(ctx: &Ctx, tenant: &str) -> Result<SweepPreview> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let scheduled = schedule::due_at(ctx.app(), SCHEDULE).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let policy = queries::policy(&mut tx).await?;
    let holds = holds::in_force_in_tx(&mut tx, &tenant).await?;
    let terms = policy.as_ref().map(|policy| policy.terms).unwrap_or_default();
    let at = policy.as_ref().map(|policy| rules::next_sweep(policy.set_at, scheduled, Utc::now()));
    let mut preview = SweepPreview {
        at,
        held: holds.everything,
        classes: Vec::new(),
        versions: Vec::new(),
        kept: Vec::new(),
    };
    for class in RecordClass::ALL.iter().copied() {
        let nothing = PreviewClass { class, days: terms.of(class), items: 0, bytes: 0, more: false };
        let Some(days) = nothing.days.filter(|_| !holds.everything) else {
            preview.classes.push(nothing);
            continue;
        };
        let term = Term { now: at.unwrap_or_else(Utc::now), ..term_of(days, &holds) };
        let counted = match class {
            RecordClass::AuditPayloads => count::<PayloadRow>(&mut tx, &term).await?,
            RecordClass::Mails => count::<MailRow>(&mut tx, &term).await?,
            RecordClass::Sessions => count::<SessionRow>(&mut tx, &term).await?,
            RecordClass::ArchivedArtifacts => {
                artifacts(&mut tx, &tenant, Stage::Archived, &term, &mut preview).await?
            }
            RecordClass::RetiredArtifacts => {
                artifacts(&mut tx, &tenant, Stage::Retired, &term, &mut preview).await?
            }
        };
        let Counted { items, bytes, more } = counted;
        preview.classes.push(PreviewClass { items, bytes, more, ..nothing });
    }
    tx.finish().await?;
    Ok(preview)
}

#[derive(Default)]
struct Counted {
    items: u64,
    bytes: u64,
    more: bool,
}

async fn count<T: Expiring>(tx: &mut TenantTx<'_>, term: &Term) -> Result<Counted> {
    let (rows, more) = expired::<T>(tx, term, COUNTED).await?;
    Ok(Counted { items: fit(rows.len())?, bytes: rows.iter().map(T::bytes).sum(), more })
}

/// Counts versions of a stage and names some, those that stay among them.
async fn artifacts(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    stage: Stage,
    term: &Term,
    preview: &mut SweepPreview,
) -> Result<Counted> {
    let (mut counted, mut after) = (Counted::default(), None);
    let mut targets: HashMap<ModelRef, Option<u32>> = HashMap::new();
    loop {
        let rows = queries::artifacts(tx, stage, term.cutoff(), after).await?;
        let Some(last) = rows.last() else { return Ok(counted) };
        after = Some(last.id);
        for row in &rows {
            if counted.items >= fit(COUNTED)? {
                return Ok(Counted { more: true, ..counted });
            }
            let version = row.reference(tenant.slug())?;
            let target = target_of(tx, &mut targets, &version.model).await?;
            let restorable = target == Some(version.number)
                || (row.in_system && {
                    let handle = authz::version(tx, &version).await?;
                    crate::promotions::restorable_in_tx(tx, &handle).await?
                });
            let verdict = rules::artifact(term, &row.artifact(&version.model, restorable)?);
            tally(&mut counted, preview, row, version, verdict)?;
        }
    }
}

async fn target_of(
    tx: &mut TenantTx<'_>,
    known: &mut HashMap<ModelRef, Option<u32>>,
    model: &ModelRef,
) -> Result<Option<u32>> {
    if let Some(target) = known.get(model) {
        return Ok(*target);
    }
    let handle = authz::model(tx, model).await?;
    let target = crate::promotions::rollback_target_in_tx(tx, &handle).await?;
    known.insert(model.clone(), target);
    Ok(target)
}

fn tally(
    counted: &mut Counted,
    preview: &mut SweepPreview,
    row: &ArtifactRow,
    version: VersionRef,
    verdict: Verdict,
) -> Result<()> {
    match verdict {
        Verdict::NotYet => {}
        Verdict::Kept(why) if preview.kept.len() < NAMED => {
            preview.kept.push(PreviewKept { version, why: why.into() });
        }
        Verdict::Kept(_) => {}
        Verdict::Due => {
            let size = fit(row.size)?;
            counted.items += 1;
            counted.bytes = counted.bytes.saturating_add(size);
            if preview.versions.len() < NAMED {
                let (stage, since) = (row.stage()?, row.since);
                preview.versions.push(PreviewVersion { version, stage, since, size });
            }
        }
    }
    Ok(())
}
