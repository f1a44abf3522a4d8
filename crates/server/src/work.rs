//! `weighhouse work`: jobs.

use crate::settings::{DatabaseArgs, LogKeyArgs, MailArgs, MetricsArgs, OutgoingArgs, PoolArgs, config};
use crate::{metrics, serve, up};
use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;
use url::Url;
use weighhouse_core::App;
use weighhouse_core::kernel::config::Config;

/// Run jobs.
#[derive(Args)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    pool: PoolArgs,
    /// Object store, as file:///path, s3://bucket/prefix, gs://… or az://…
    #[arg(long, env = "WEIGHHOUSE_STORE_URL", value_name = "URL")]
    store_url: Url,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    log_key: LogKeyArgs,
    #[command(flatten)]
    outgoing: OutgoingArgs,
    /// The address that people type; links in mails begin with it
    #[arg(long, env = "WEIGHHOUSE_PUBLIC_URL", value_name = "URL")]
    public_url: Url,
    #[command(flatten)]
    metrics: MetricsArgs,
}

pub(crate) fn work(args: &WorkArgs) -> Result<()> {
    let mail = args.mail.config(None)?;
    let log_key = args.log_key.given()?;
    if log_key.is_none() {
        tracing::warn!(
            "no log key is set, so this worker signs no checkpoints of the audit logs; \
             make one with ‘weighhouse admin log-key create NAME’ and give it with --log-key"
        );
    }
    let settings = config(args.database.required()?, args.store_url.clone(), mail, args.public_url.clone());
    let settings = args.outgoing.applied(args.pool.applied(settings), || Ok(None))?;
    let app = App::new(Config { log_key, ..settings })?;
    metrics::start(&app, args.metrics.bind()?)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let stopped = up::stop_signal()?;
        serve::check(&app).await?;
        let stop = CancellationToken::new();
        let worker = tokio::spawn(weighhouse_worker::run(app, stop.clone()));
        tracing::info!("working");
        stopped.await;
        tracing::info!("stopping");
        stop.cancel();
        Ok(worker.await?)
    })
}
