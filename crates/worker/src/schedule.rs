//! The schedule: what comes round by itself, and how often. Each turn is taken
//! by one of all the workers on a database.

use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use weighhouse_core::kernel::metrics::metrics;
use weighhouse_core::kernel::{idempotency, jobs, schedule, secret, throttle};
use weighhouse_core::{App, Result, audit, blobs, identity, pins, retention, search};

/// Work that comes round by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Periodic {
    /// Forget jobs that were done a while ago.
    JobsPrune,
    /// Forget Idempotency-Keys and their answers after a day.
    IdempotencyPrune,
    /// Forget counts of attempts that are free again.
    ThrottlesForget,
    /// Forget links of mails, and browsers, whose time is over.
    LoginsForget,
    /// Hash what the audit logs grew by into their trees, and sign the heads.
    CheckpointsSign,
    /// Have what was changed found.
    SearchIndex,
    /// Remove what has expired.
    RetentionSweep,
    /// Give up stored files that nobody needs.
    BlobCollect,
    /// Look whether providers still serve what versions were tested with.
    PinsLook,
    /// Close the alerts about what was evaluated since.
    PinAlertsClose,
}

impl Periodic {
    const ALL: &[Self] = &[
        Self::JobsPrune,
        Self::IdempotencyPrune,
        Self::ThrottlesForget,
        Self::LoginsForget,
        Self::CheckpointsSign,
        Self::SearchIndex,
        Self::RetentionSweep,
        Self::BlobCollect,
        Self::PinsLook,
        Self::PinAlertsClose,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::JobsPrune => "jobs-prune",
            Self::CheckpointsSign => "checkpoints-sign",
            Self::SearchIndex => "search-index",
            Self::IdempotencyPrune => "idempotency-prune",
            Self::RetentionSweep => retention::SCHEDULE,
            Self::BlobCollect => "blob-collect",
            Self::ThrottlesForget => "throttles-forget",
            Self::LoginsForget => "logins-forget",
            Self::PinsLook => "pins-look",
            Self::PinAlertsClose => "pin-alerts-close",
        }
    }

    const fn every(self) -> Duration {
        match self {
            Self::JobsPrune
            | Self::IdempotencyPrune
            | Self::LoginsForget
            | Self::RetentionSweep
            | Self::BlobCollect => Duration::from_hours(1),
            Self::ThrottlesForget | Self::PinAlertsClose => Duration::from_mins(1),
            Self::PinsLook => Duration::from_secs(5),
            Self::CheckpointsSign => Duration::from_secs(3),
            Self::SearchIndex => Duration::from_secs(5),
        }
    }

    async fn execute(self, app: &Arc<App>, stop: &CancellationToken) -> Result<()> {
        match self {
            Self::JobsPrune => jobs::prune(app).await,
            Self::CheckpointsSign => audit::checkpoints_sign(app).await,
            Self::SearchIndex => until(stop, search::index_all(app)).await,
            Self::IdempotencyPrune => idempotency::prune(app).await,
            Self::RetentionSweep => until(stop, retention::sweep_all(app)).await,
            Self::BlobCollect => until(stop, blobs::collect_all(app)).await,
            Self::ThrottlesForget => throttle::prune(app).await,
            Self::LoginsForget => identity::prune(app).await,
            Self::PinsLook => until(stop, pins::look_due(app)).await,
            Self::PinAlertsClose => pins::alerts_close(app).await,
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
        if let Err(error) = turn(app, periodic, stop).instrument(span).await {
            tracing::error!(%error, name = periodic.name(), "periodic work failed and waits for its next turn");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(periodic.every()) => {}
        }
    }
}

async fn turn(app: &Arc<App>, periodic: Periodic, stop: &CancellationToken) -> Result<()> {
    if !schedule::take_turn(app, periodic.name(), periodic.every()).await? {
        return Ok(());
    }
    let outcome = periodic.execute(app, stop).await;
    metrics().periodic_ran(periodic.name(), outcome.is_ok());
    outcome
}

/// Long work of small transactions, each of which may be the last: it is
/// broken off when the worker stops, and the next turn goes on with it.
async fn until(stop: &CancellationToken, work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        done = work => done,
    }
}
