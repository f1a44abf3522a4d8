//! The sweep: removes what has expired, a small transaction at a time. Each
//! looks anew at policy, holds and the things themselves under their locks,
//! writes what it removed into the history and its event into the log, and so
//! can be the last: what is left is still due when the next turn comes.

use super::queries::{
    self, ArtifactRow, Expiring, MailRow, PayloadRow, SessionRow, artifact_again, artifacts, expired,
};
use super::rules::{self, Term, Verdict};
use crate::holds::{self, InForce};
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Result, fit};
use crate::kernel::tx::TenantTx;
use crate::{blobs, promotions, tenancy, versions};
use chrono::Utc;
use std::sync::Arc;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::ids::SweepId;
use weighhouse_types::permission::Action;
use weighhouse_types::retention::{RecordClass, SweepBatch, Terms};
use weighhouse_types::versions::Stage;

/// Rows removed in one transaction.
const ROWS: usize = 1000;
/// Transactions in a tenant's turn; the next turn goes on from there.
const BATCHES: u32 = 1000;

/// Sweeps every tenant. What fails in one is logged, and waits for the next
/// turn.
///
/// # Errors
/// When the tenants cannot be listed.
pub async fn sweep_all(app: &Arc<App>) -> Result<()> {
    let ctx = Ctx::worker(app);
    let mut slugs = tenancy::slugs_after(app, "").await?;
    while let Some(last) = slugs.last().cloned() {
        for slug in slugs {
            if let Err(error) = sweep(&ctx, &slug, BATCHES).await {
                tracing::error!(%error, tenant = slug, "a sweep broke off and goes on at its next turn");
            }
        }
        slugs = tenancy::slugs_after(app, &last).await?;
    }
    Ok(())
}

/// Removes what has expired in a tenant, in at most so many transactions, and
/// says in how many. Where nothing is left, the sweep is over.
///
/// # Errors
/// When the database fails; what was removed and told before stays so.
pub async fn sweep(ctx: &Ctx, tenant: &str, batches: u32) -> Result<u32> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionManage).await?;
    for done in 0..batches {
        if !batch(ctx, &tenant).await? {
            return Ok(done);
        }
    }
    Ok(batches)
}

/// One transaction: removes some of the first class that has anything due;
/// where none has, ends the sweep that is under way and says so.
async fn batch(ctx: &Ctx, tenant: &authz::Tenant) -> Result<bool> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    // A hold is either seen here, or is placed after this transaction.
    holds::lock_in_tx(&mut tx).await?;
    let holds = holds::in_force_in_tx(&mut tx, tenant).await?;
    let terms = terms(&mut tx, &holds).await?;
    let open = queries::sweep_open(&mut tx).await?;
    let sweep = match open {
        Some(sweep) => sweep,
        None if terms == Terms::default() => {
            tx.finish().await?;
            return Ok(false);
        }
        None => queries::sweep_begin(&mut tx).await?,
    };
    for class in RecordClass::ALL.iter().copied() {
        let Some(days) = terms.of(class) else { continue };
        let term = term_of(days, &holds);
        if let Some((event, batch)) = remove(&mut tx, tenant, class, &term, sweep).await? {
            queries::batch_insert(&mut tx, sweep, &batch).await?;
            tx.commit(&event).await?;
            return Ok(true);
        }
    }
    match open {
        Some(sweep) => finish(tx, sweep).await?,
        // Nothing was due: no sweep began.
        None => tx.finish().await?,
    }
    Ok(false)
}

/// The terms that a sweep follows now: none where a hold covers everything,
/// nobody has set any, or the last change is younger than a day.
async fn terms(tx: &mut TenantTx<'_>, holds: &InForce) -> Result<Terms> {
    let policy = queries::policy(tx).await?;
    let policy =
        policy.filter(|policy| !holds.everything && rules::effective_at(policy.set_at) <= Utc::now());
    Ok(policy.map(|policy| policy.terms).unwrap_or_default())
}

pub(super) fn term_of(days: u32, holds: &InForce) -> Term {
    Term { days, now: Utc::now(), held: holds.models.iter().map(|(_, model)| model.clone()).collect() }
}

async fn finish(mut tx: TenantTx<'_>, sweep: SweepId) -> Result<()> {
    queries::sweep_finish(&mut tx, sweep).await?;
    let removed = queries::sweep(&mut tx, sweep).await?.map(|sweep| sweep.removed).unwrap_or_default();
    tx.commit(&Event::RetentionSwept { sweep: sweep.to_string(), removed }).await
}

/// Removes some of a class; gives the event and the line in the history.
async fn remove(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    class: RecordClass,
    term: &Term,
    sweep: SweepId,
) -> Result<Option<(Event, SweepBatch)>> {
    let (id, days) = (sweep.to_string(), term.days);
    match class {
        RecordClass::AuditPayloads => {
            let Some((keys, bytes)) = delete::<PayloadRow>(tx, term).await? else { return Ok(None) };
            let indices = keys.into_iter().map(fit).collect::<Result<Vec<u64>>>()?;
            let count = fit(indices.len())?;
            let ranges = rules::runs(indices);
            let what = in_words(&ranges);
            let event = Event::PayloadRedacted { sweep: id, ranges, count, days };
            Ok(Some((event, line(class, count, bytes, what))))
        }
        RecordClass::Mails => {
            let Some((keys, bytes)) = delete::<MailRow>(tx, term).await? else { return Ok(None) };
            let count = fit(keys.len())?;
            Ok(Some((Event::MailsSwept { sweep: id, count, days }, line(class, count, bytes, older(term)))))
        }
        RecordClass::Sessions => {
            holds::sessions_lock_in_tx(tx).await?;
            let Some((keys, bytes)) = delete::<SessionRow>(tx, term).await? else { return Ok(None) };
            let count = fit(keys.len())?;
            Ok(Some((
                Event::SessionsSwept { sweep: id, count, days },
                line(class, count, bytes, older(term)),
            )))
        }
        RecordClass::ArchivedArtifacts => artifact(tx, tenant, (class, Stage::Archived), term, id).await,
        RecordClass::RetiredArtifacts => artifact(tx, tenant, (class, Stage::Retired), term, id).await,
    }
}

/// Deletes some rows that have expired; gives their keys and bytes.
async fn delete<T: Expiring>(tx: &mut TenantTx<'_>, term: &Term) -> Result<Option<(Vec<T::Key>, u64)>> {
    let (rows, _) = expired::<T>(tx, term, ROWS).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let keys: Vec<T::Key> = rows.iter().map(T::key).collect();
    T::delete(tx, &keys).await?;
    Ok(Some((keys, rows.iter().map(T::bytes).sum())))
}

/// Gives up the files of one version; looks at it under its model's lock.
async fn artifact(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    (class, stage): (RecordClass, Stage),
    term: &Term,
    sweep: String,
) -> Result<Option<(Event, SweepBatch)>> {
    let mut after = None;
    loop {
        let rows = artifacts(tx, stage, term.cutoff(), after).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        after = Some(last.id);
        for row in rows {
            if let Some(removed) = artifact_one(tx, tenant, (class, row.id), term, &sweep).await? {
                return Ok(Some(removed));
            }
        }
    }
}

async fn artifact_one(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    (class, id): (RecordClass, Uuid),
    term: &Term,
    sweep: &str,
) -> Result<Option<(Event, SweepBatch)>> {
    // Those that stay are passed by without locking their models.
    let Some((_, version)) = due(tx, tenant, id, term).await? else { return Ok(None) };
    versions::model_lock_in_tx(tx, &version.model).await?;
    // From here on nobody promotes it, rolls back to it or retires it.
    let Some((row, version)) = due(tx, tenant, id, term).await? else { return Ok(None) };
    let (version_text, days, stage, size) =
        (version.reference().to_string(), term.days, row.stage()?, fit(row.size)?);
    versions::swept_insert(tx, &version, stage, days).await?;
    blobs::mark_version_in_tx(tx, &version).await?;
    let event = Event::ArtifactSwept {
        sweep: sweep.to_owned(),
        version: version_text.clone(),
        digest: hex::encode(&row.digest),
        stage,
        days,
        files: fit(row.files)?,
        size,
    };
    Ok(Some((event, line(class, 1, size, version_text))))
}

/// A version whose files are due, as things stand.
async fn due(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    id: Uuid,
    term: &Term,
) -> Result<Option<(ArtifactRow, authz::Version)>> {
    let Some(row) = artifact_again(tx, id).await? else { return Ok(None) };
    let version = authz::version(tx, &row.reference(tenant.slug())?).await?;
    let restorable = promotions::restorable_in_tx(tx, &version).await?;
    let verdict = rules::artifact(term, &row.artifact(&version.model.reference, restorable)?);
    Ok((verdict == Verdict::Due).then_some((row, version)))
}

fn line(class: RecordClass, items: u64, bytes: u64, what: String) -> SweepBatch {
    SweepBatch { at: Utc::now(), class, items, bytes, what }
}

fn older(term: &Term) -> String {
    format!("older than {}", term.cutoff().format("%-d %b %Y, %H:%M UTC"))
}

/// At most twenty runs of entries; the event has them all.
fn in_words(ranges: &[(u64, u64)]) -> String {
    let run = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    };
    let more = if ranges.len() > 20 { ", …" } else { "" };
    format!("entries {}{more}", ranges.iter().take(20).map(run).collect::<Vec<_>>().join(", "))
}
