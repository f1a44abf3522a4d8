//! Claims due jobs, one after the other, until told to stop.

use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use weighhouse_core::kernel::jobs::{self, Job, Leased};
use weighhouse_core::{App, Result, identity, notifications};

/// How often an idle worker looks, if nothing in its own process wakes it.
const IDLE: Duration = Duration::from_secs(2);
/// How long one attempt may take; less than a lease.
const ATTEMPT: Duration = Duration::from_secs(90);

/// Runs jobs and the schedule until `stop`; what is at hand is finished first.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let scheduled = crate::schedule::run(Arc::clone(&app), stop.clone());
    tokio::join!(run_jobs(app, stop), scheduled);
}

async fn run_jobs(app: Arc<App>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match jobs::claim(&app).await {
            Ok(Some(leased)) => attempt(&app, leased).await,
            Ok(None) => pause(&app, &stop).await,
            Err(error) => {
                tracing::error!(%error, "jobs cannot be claimed");
                pause(&app, &stop).await;
            }
        }
    }
}

async fn pause(app: &App, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.jobs_wake.notified() => {}
        () = tokio::time::sleep(IDLE) => {}
    }
}

async fn attempt(app: &Arc<App>, leased: Leased) {
    let span = tracing::info_span!("job", job_id = %leased.id, request_id = leased.request_id);
    async {
        let outcome = tokio::time::timeout(ATTEMPT, execute(app, &leased)).await;
        let settled = match outcome {
            Ok(Ok(())) => jobs::done(app, &leased).await,
            Ok(Err(error)) => failed(app, &leased, &error.to_string()).await,
            Err(_) => failed(app, &leased, "the attempt took too long").await,
        };
        if let Err(error) = settled {
            // The lease runs out and the job runs again: jobs may run twice.
            tracing::error!(%error, "a job's outcome was not stored");
        }
    }
    .instrument(span)
    .await;
}

async fn failed(app: &App, leased: &Leased, error: &str) -> Result<()> {
    if leased.attempts >= jobs::ATTEMPTS_MAX {
        tracing::error!(error, attempts = leased.attempts, "a job is dead");
    } else {
        tracing::warn!(error, attempts = leased.attempts, "a job failed and will be tried again");
    }
    jobs::failed(app, leased, error).await
}

async fn execute(app: &Arc<App>, leased: &Leased) -> Result<()> {
    match &leased.job {
        Job::MailSend { mail } => notifications::mail_send(app, leased, *mail).await,
        Job::PasswordResetSend { email } => identity::password_reset_send(app, leased, email).await,
    }
}
