//! Claims due jobs, one after the other, until told to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use weighhouse_core::kernel::jobs::{self, Job, Lane, Leased};
use weighhouse_core::kernel::metrics::metrics;
use weighhouse_core::{App, Error, Result, attestations, identity, notifications};

/// How often an idle worker looks, if nothing in its own process wakes it.
const IDLE: Duration = Duration::from_secs(2);

/// Runs jobs and the schedule until `stop`; what is at hand is finished first.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    tokio::join!(run_short(Arc::clone(&app), stop.clone()), run_long(app, stop));
}

/// The same without what takes long, such as scans.
pub async fn run_short(app: Arc<App>, stop: CancellationToken) {
    let scheduled = crate::schedule::run(Arc::clone(&app), stop.clone());
    tokio::join!(run_jobs(app, Lane::Short, stop), scheduled);
}

/// What takes long is not waited for: another worker begins it anew.
async fn run_long(app: Arc<App>, stop: CancellationToken) {
    tokio::select! {
        () = run_jobs(app, Lane::Long, stop.clone()) => {}
        () = stop.cancelled() => {}
    }
}

async fn run_jobs(app: Arc<App>, lane: Lane, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match jobs::claim(&app, lane).await {
            Ok(Some(leased)) => attempt(&app, leased).await,
            Ok(None) => pause(&app, lane, &stop).await,
            Err(error) => {
                tracing::error!(%error, "jobs cannot be claimed");
                pause(&app, lane, &stop).await;
            }
        }
    }
}

/// Only the short jobs' loop is woken: one call wakes one who waits.
async fn pause(app: &App, lane: Lane, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.jobs_wake.notified(), if lane == Lane::Short => {}
        () = tokio::time::sleep(IDLE) => {}
    }
}

async fn attempt(app: &Arc<App>, leased: Leased) {
    let kind = leased.job.as_ref().map_or("unknown", Job::kind);
    let span = tracing::info_span!("job", job_id = %leased.id, kind, request_id = leased.request_id);
    async {
        let started = Instant::now();
        let (outcome, settled) = tokio::select! {
            outcome = bounded(app, &leased) => settle(app, &leased, outcome).await,
            () = lost(app, &leased) => ("lost", Ok(())),
        };
        metrics().job_ran(kind, outcome, started.elapsed());
        if let Err(error) = settled {
            // The lease runs out and the job runs again: jobs may run twice.
            tracing::error!(%error, "a job's outcome was not stored");
        }
    }
    .instrument(span)
    .await;
}

/// Renews the lease while the job runs; ends when another worker has it, since
/// this one was out of touch for too long. The attempt is dropped then.
async fn lost(app: &App, leased: &Leased) {
    loop {
        tokio::time::sleep(jobs::RENEW).await;
        match jobs::renew(app, leased).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("the job's lease has passed to another worker");
                return;
            }
            // The next renewal may come in time; the lease itself decides.
            Err(error) => tracing::warn!(%error, "a job's lease cannot be renewed"),
        }
    }
}

async fn bounded(app: &Arc<App>, leased: &Leased) -> Result<()> {
    let Some(job) = &leased.job else {
        return Err(Error::internal("this program does not know the kind of job; a newer one may"));
    };
    if leased.attempts > jobs::ATTEMPTS_MAX {
        return Err(Error::Permanent("every worker that tried it ended before it was done".into()));
    }
    match tokio::time::timeout(job.patience(), execute(app, leased, job)).await {
        Ok(outcome) => outcome,
        Err(_late) => Err(Error::internal("the attempt took too long")),
    }
}

async fn settle(app: &Arc<App>, leased: &Leased, outcome: Result<()>) -> (&'static str, Result<()>) {
    let Err(error) = outcome else { return ("done", jobs::done(app, leased).await) };
    let dead = error.is_permanent() || leased.attempts >= jobs::ATTEMPTS_MAX;
    if dead {
        tracing::error!(%error, attempts = leased.attempts, "a job is dead");
    } else {
        tracing::warn!(%error, attempts = leased.attempts, "a job failed and will be tried again");
    }
    let settled = jobs::failed(app, leased, &error.to_string(), dead).await;
    (if dead { "dead" } else { "failed" }, settled)
}

async fn execute(app: &Arc<App>, leased: &Leased, job: &Job) -> Result<()> {
    match job {
        Job::MailSend { mail } => notifications::mail_send(app, leased, *mail).await,
        Job::VersionScan { version } => attestations::version_scan(app, &leased.request_id, version).await,
        Job::PasswordResetSend { email } => identity::password_reset_send(app, leased, email).await,
    }
}
