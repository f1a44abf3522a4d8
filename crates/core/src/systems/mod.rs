//! Systems: versions that work together. What they hold, who uses a version,
//! which combinations are known to work, and what a promotion would break.

mod policy;
mod queries;
mod register;
mod rules;

pub use policy::{policy_get, policy_set};
pub(crate) use register::{parts_insert_in_tx, resolve_in_tx};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::versions;
use rules::Pair;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{
    AffectedSystem, BrokenSystems, Combination, CompatibilityState, Composition,
};

/// The most combinations that one answer has.
const COMBINATIONS: i64 = 1000;

/// A version's place in systems: what it holds, who holds it, and what its
/// going into production would do to others.
///
/// # Errors
/// When there is none of this number for the caller.
pub async fn composition_get(ctx: &Ctx, reference: &VersionRef) -> Result<Composition> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    let composition = Composition {
        parts: queries::parts(&mut tx, &version).await?,
        used_by: queries::used_by(&mut tx, &version).await?,
        affected: affected_in_tx(&mut tx, &version).await?,
    };
    tx.finish().await?;
    Ok(composition)
}

/// What is known of a model's versions together with those that they share
/// systems with; of a system's model, of its parts among each other too.
///
/// # Errors
/// When the model is not visible.
pub async fn compatibility_get(ctx: &Ctx, model: &ModelRef) -> Result<Vec<Combination>> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let found = queries::combinations(&mut tx, &handle, COMBINATIONS).await?;
    tx.finish().await?;
    Ok(in_order(found))
}

/// The pairs of two models next to each other, always the same one first.
fn in_order(mut found: Vec<Combination>) -> Vec<Combination> {
    let name = |version: &VersionRef| (version.model.project.clone(), version.model.model.clone());
    for pair in &mut found {
        if name(&pair.one) > name(&pair.other) {
            std::mem::swap(&mut pair.one, &mut pair.other);
        }
    }
    found.sort_by_cached_key(|pair| {
        let newest = std::cmp::Reverse((pair.one.number, pair.other.number));
        (name(&pair.one), name(&pair.other), newest)
    });
    found
}

/// Says whether two versions work together. Said again, the latest counts;
/// everything that was said stays on record.
///
/// # Errors
/// When there is no such version, both are of one model, or no reason is given.
pub async fn compatibility_state(
    ctx: &Ctx,
    reference: &VersionRef,
    state: CompatibilityState,
) -> Result<Vec<Combination>> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::CompatibilityState).await?;
    let reason = versions::reason_required(&state.reason)?;
    let with = format!("{}/{}", reference.model.tenant, state.with.trim()).parse::<VersionRef>();
    let with = with.map_err(|_form| {
        let detail = format!("‘{}’ is not a version: write project/model@3, without the tenant.", state.with);
        Error::invalid("with", detail)
    })?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let one = authz::version(&mut tx, reference).await?;
    let other = authz::version(&mut tx, &with).await.map_err(|error| match error {
        Error::Refused { .. } => {
            let detail = format!("There is no version {with}. Register it first, or check the spelling.");
            Error::invalid("with", detail)
        }
        other => other,
    })?;
    if one.model.id == other.model.id {
        let detail =
            format!("{with} is of the same model: only one of the two can be in production at a time.");
        return Err(Error::invalid("with", detail));
    }
    // The latest counts: what is said of a pair comes one after the other.
    versions::models_lock_in_tx(&mut tx, &[&one.model, &other.model]).await?;
    queries::statement_insert(&mut tx, (&one, &other), state.verdict, &reason).await?;
    let found = queries::combinations(&mut tx, &one.model, COMBINATIONS).await?;
    let (version, with) = (reference.to_string(), with.to_string());
    tx.commit(&Event::CompatibilityStated { version, with, verdict: state.verdict, reason }).await?;
    Ok(in_order(found))
}

/// Every version that a version holds, through systems in it too, in the
/// order in which their models are locked.
pub(crate) async fn parts_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<authz::Version>> {
    let ids = queries::part_ids(tx, version).await?;
    authz::versions_by_id(tx, &ids).await
}

/// The system versions that are or were approved for something and hold a
/// version, through systems in them too.
pub(crate) async fn systems_with_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<authz::Version>> {
    let ids = queries::systems_with(tx, version).await?;
    authz::versions_by_id(tx, &ids).await
}

/// Who registered what a version holds.
pub(crate) async fn part_authors_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Uuid>> {
    queries::part_authors(tx, version).await
}

/// The systems that hold another version of what a version would put into
/// production: itself, and of a system everything that it holds.
pub(crate) async fn affected_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<AffectedSystem>> {
    let parts = parts_in_tx(tx, version).await?;
    let coming: Vec<&authz::Version> = std::iter::once(version).chain(&parts).collect();
    let rows = queries::affected(tx, &version.model.reference.tenant, &coming).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = queries::pairs(tx, &rows, &coming).await?;
    let affected = |row: queries::AffectedRow| {
        let of = |whole: bool| {
            let key = (row.system_id, row.model_id);
            pairs.iter().filter(move |(at, is_whole, _)| *at == key && *is_whole == whole)
        };
        let system = of(true).map(|(_, _, pair)| pair.clone()).next();
        let system = system.ok_or_else(|| Error::internal("an affected system without its pair"))?;
        let beside: Vec<Pair> = of(false).map(|(_, _, pair)| pair.clone()).collect();
        let (known, because) = rules::replacement(&system, &beside);
        let instead = coming.iter().find(|coming| coming.model.id.0 == row.model_id);
        let instead = instead.ok_or_else(|| Error::internal("an affected system of no model"))?;
        Ok(AffectedSystem {
            holds: VersionRef { model: instead.model.reference.clone(), number: row.holds },
            instead: instead.reference(),
            system: row.system,
            stage: row.stage,
            role: row.role,
            known,
            because,
            successor: row.successor,
        })
    };
    rows.into_iter().map(affected).collect()
}

/// Refuses to put a version into production where the tenant's policy says so
/// and a system in production would break, or may.
pub(crate) async fn refuse_breaking_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<()> {
    if queries::policy(tx).await?.broken_systems == BrokenSystems::Warn {
        return Ok(());
    }
    let affected = affected_in_tx(tx, version).await?;
    let endangered = affected.iter().filter(|system| system.endangered());
    let reasons: Vec<String> = endangered.map(AffectedSystem::sentence).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "The policy keeps {} from production, for the sake of systems there. {} Where it works, say so on the version's page (Systems), then ask again.",
        version.reference(),
        reasons.join(" ")
    )))
}
