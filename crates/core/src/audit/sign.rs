//! Integrates what the logs grew by into their tiles, and signs checkpoints.
//!
//! The signer trusts the database only as far as it goes on from what it
//! signed before, of which it keeps its own record in the object store. It is
//! written before a checkpoint is published: what somebody may have seen is
//! never forgotten.

use super::log::{LogName, LogTx};
use super::queries::tiles::{self as queries, Signed, State};
use super::rules::{self, Refusal};
use crate::kernel::app::App;
use crate::kernel::config::{Config, LogKey};
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::log::Log;
use crate::kernel::tx::PlatformTx;
use chrono::{TimeDelta, Utc};
use futures_util::StreamExt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use weighhouse_ledger::checkpoint::Checkpoint;
use weighhouse_ledger::tile::{self, TileId, WIDTH};
use weighhouse_ledger::tree::{Head, Tree};

/// Leaves integrated in one transaction.
const BATCH: u64 = 4096;
/// Transactions for one log in one turn, so that none keeps the others waiting.
const BATCHES: u32 = 32;
/// Logs worked on at once.
const AT_ONCE: usize = 4;
/// How long the object store may take; a lock is held meanwhile.
const STORE_WAIT: Duration = Duration::from_secs(10);
/// A refusal that goes on is logged again after so long.
const REMIND: TimeDelta = TimeDelta::minutes(10);

/// Brings every log's tiles and, with a key, its checkpoint up to its head.
/// What fails for one log is logged and waits for the next turn; any number
/// may run at once.
///
/// # Errors
/// When the database fails before any log is looked at.
pub async fn checkpoints_sign(app: &Arc<App>) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    let due = queries::logs_due(&mut tx, app.config.log_key.is_some()).await?;
    tx.finish().await?;
    let ctx = Ctx::worker(app);
    futures_util::stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |name| {
            if let Err(error) = catch_up(&ctx, &name).await {
                tracing::error!(%error, log = ?name, "an audit log was not signed");
            }
        })
        .await;
    Ok(())
}

async fn catch_up(ctx: &Ctx, name: &LogName) -> Result<()> {
    for _ in 0..BATCHES {
        if !step(ctx, name).await? {
            break;
        }
    }
    Ok(())
}

/// Why a batch did not get done.
enum Stop {
    /// The log is not what was signed: recorded, and shown to people.
    Refused(Refusal),
    /// A part does not work: the next turn makes up for it.
    Failed(Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Integrates and signs one batch; says whether there is more.
async fn step(ctx: &Ctx, name: &LogName) -> Result<bool> {
    let mut tx = LogTx::begin(ctx, name).await?;
    let Some(state) = queries::state_locked(&mut tx).await? else {
        tx.finish().await?;
        return Ok(false);
    };
    let batch = Batch::of(&state)?;
    match batch.advance(ctx, &mut tx, &state).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(batch.target < batch.size)
        }
        Err(Stop::Refused(refusal)) => refuse(tx, &state, refusal.to_string()).await,
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Says loudly that a log is not signed, and writes it down for its page.
async fn refuse(mut tx: LogTx<'_>, state: &State, refusal: String) -> Result<bool> {
    let recent = state.refused_at.is_some_and(|at| Utc::now() - at < REMIND);
    if recent && state.refusal.as_ref() == Some(&refusal) {
        tx.finish().await?;
    } else {
        let log = tx.log().id();
        tracing::error!(%log, refusal, "an audit log is not what was signed; no more of it is signed");
        queries::refusal_set(&mut tx, &refusal).await?;
        tx.commit().await?;
    }
    Ok(false)
}

/// A part of a log that is integrated in one transaction.
struct Batch {
    size: u64,
    integrated: u64,
    target: u64,
}

impl Batch {
    fn of(state: &State) -> Result<Self> {
        let (size, integrated): (u64, u64) = (fit(state.size)?, fit(state.integrated)?);
        Ok(Self { size, integrated, target: size.min(integrated + BATCH).max(integrated) })
    }

    /// Writes tiles and checkpoint; what is refused was looked at before
    /// anything is written.
    async fn advance(&self, ctx: &Ctx, tx: &mut LogTx<'_>, state: &State) -> std::result::Result<(), Stop> {
        let Some(key) = &ctx.app.config.log_key else {
            self.integrate(tx, None).await?;
            return Ok(());
        };
        let record = within(ctx.app.store.signed_get(tx.log())).await?;
        let record = record.map(|note| Checkpoint::open_unverified(&note)).transpose();
        let record = record.map_err(|e| Refusal::RecordDamaged(e.to_string()))?;
        rules::record_fits(self.size, fit(state.signed)?, state.origin.as_deref(), record.as_ref())?;
        let head = self.integrate(tx, record.as_ref().map(|record| record.head)).await?;
        if let Some(head) = head.filter(|head| head.size > 0) {
            let recorded = record.map(|record| record.origin);
            let origin = recorded.unwrap_or_else(|| origin(&ctx.app.config, tx.log()));
            publish(ctx, tx, key, Checkpoint { origin, head }).await?;
        }
        Ok(())
    }

    /// Grows the tiles to the batch's end and stores them; gives the head
    /// there, unless more was signed than is integrated yet.
    async fn integrate(
        &self,
        tx: &mut LogTx<'_>,
        signed: Option<Head>,
    ) -> std::result::Result<Option<Head>, Stop> {
        let mut ids = TileId::edge(self.integrated);
        if let Some(signed) = signed.filter(|signed| signed.size <= self.target) {
            ids.extend(tile::read_by(|tree| drop(Tree::of(tree, signed.size))));
        }
        ids.sort_unstable();
        ids.dedup();
        let stored = queries::tiles(tx, &ids).await?;
        let first = self.integrated / WIDTH * WIDTH;
        let rows = queries::leaves(tx, (fit(first)?, fit(self.target)?), false).await?;
        let leaves =
            rows.into_iter().map(|row| Ok((fit(row.index)?, row.leaf))).collect::<Result<Vec<_>>>()?;
        let mut tiles = stored.clone();
        rules::grow(&mut tiles, self.integrated, self.target, leaves)?;
        let head = rules::head(&tiles, self.target, signed)?;
        let grown: Vec<_> = tiles.iter().filter(|(id, tile)| stored.get(*id) != Some(*tile)).collect();
        queries::tiles_put(tx, &grown).await?;
        queries::integrated_set(tx, fit(self.target)?).await?;
        Ok(head)
    }
}

/// Signs, records, and only then publishes.
async fn publish(ctx: &Ctx, tx: &mut LogTx<'_>, key: &LogKey, checkpoint: Checkpoint) -> Result<()> {
    let note = checkpoint.sign(key).map_err(Error::internal)?;
    within(ctx.app.store.signed_put(tx.log(), &note)).await?;
    let size = fit(checkpoint.head.size)?;
    let key = key.verifier().to_string();
    queries::signed_set(tx, &Signed { size, origin: &checkpoint.origin, note: &note, key: &key }).await
}

/// A log's name, made once: where people reach the installation when the log
/// is first signed, and an id that says nothing.
fn origin(config: &Config, log: Log) -> String {
    let host = config.public_url.host_str().unwrap_or("localhost");
    let port = config.public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{host}{port}/audit/{}", log.id())
}

/// Bounds how long the object store may take.
async fn within<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(STORE_WAIT, work).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Error::internal("the object store did not answer in time")),
    }
}
