//! The schedule: what comes round by itself, and how often. Each turn is taken
//! by one of all the workers on a database.

use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use weighhouse_core::kernel::metrics::metrics;
use weighhouse_core::kernel::{idempotency, jobs, schedule, secret};
use weighhouse_core::{App, Result, audit};

/// Work that comes round by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Periodic {
    /// Forget jobs that were done a while ago.
    JobsPrune,
    /// Forget Idempotency-Keys and their answers after a day.
    IdempotencyPrune,
    /// Hash what the audit logs grew by into their trees, and sign the heads.
    CheckpointsSign,
}

impl Periodic {
    const ALL: &[Self] = &[Self::JobsPrune, Self::IdempotencyPrune, Self::CheckpointsSign];

    const fn name(self) -> &'static str {
        match self {
            Self::JobsPrune => "jobs-prune",
            Self::CheckpointsSign => "checkpoints-sign",
            Self::IdempotencyPrune => "idempotency-prune",
        }
    }

    const fn every(self) -> Duration {
        match self {
            Self::JobsPrune | Self::IdempotencyPrune => Duration::from_hours(1),
            Self::CheckpointsSign => Duration::from_secs(3),
        }
    }

    async fn execute(self, app: &Arc<App>) -> Result<()> {
        match self {
            Self::JobsPrune => jobs::prune(app).await,
            Self::CheckpointsSign => audit::checkpoints_sign(app).await,
            Self::IdempotencyPrune => idempotency::prune(app).await,
        }
    }
}

/// Does what is due until `stop`; what is at hand is finished first.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) {
    join_all(Periodic::ALL.iter().map(|periodic| rounds(&app, *periodic, &stop))).await;
}

/// Every worker asks once a period whether it has the turn, so that the work
/// is never later than two periods, whichever worker is gone.
async fn rounds(app: &Arc<App>, periodic: Periodic, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let span = tracing::info_span!("periodic", name = periodic.name(), request_id = secret::request_id());
        if let Err(error) = turn(app, periodic).instrument(span).await {
            tracing::error!(%error, name = periodic.name(), "periodic work failed and waits for its next turn");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(periodic.every()) => {}
        }
    }
}

async fn turn(app: &Arc<App>, periodic: Periodic) -> Result<()> {
    if !schedule::take_turn(app, periodic.name(), periodic.every()).await? {
        return Ok(());
    }
    let outcome = periodic.execute(app).await;
    metrics().periodic_ran(periodic.name(), outcome.is_ok());
    outcome
}
