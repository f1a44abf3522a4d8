//! `weighhouse serve`: API and web UI.

use crate::settings::{
    DatabaseArgs, JwtArgs, ListenArgs, MailArgs, MetricsArgs, OutgoingArgs, PoolArgs, config,
};
use crate::{http, metrics, up};
use anyhow::{Context, Result};
use clap::Args;
use std::net::TcpListener;
use std::time::Duration;
use url::Url;
use weighhouse_core::kernel::config::Config;
use weighhouse_core::{App, Error};

/// Serve API and web UI.
#[derive(Args)]
pub(crate) struct ServeArgs {
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
    jwt: JwtArgs,
    #[command(flatten)]
    outgoing: OutgoingArgs,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
}

pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    let public_url = args.listen.public_url()?;
    let mail = args.mail.config(None)?;
    let listener = bind(&args.listen)?;
    let settings = config(args.database.required()?, args.store_url.clone(), mail, public_url);
    let settings = args.outgoing.applied(args.pool.applied(settings), || Ok(None))?;
    let app = App::new(Config { jwt: args.jwt.config()?, proxies: args.listen.proxies(), ..settings })?;
    metrics::start(&app, args.metrics.bind()?)?;
    actix_web::rt::System::new().block_on(async {
        let stopped = up::stop_signal()?;
        check(&app).await?;
        let server = http::server(&app, listener, up::http_workers())?;
        let handle = server.handle();
        let running = actix_web::rt::spawn(server);
        tracing::info!(url = %app.config.public_url, "serving");
        tokio::pin!(stopped);
        tokio::select! {
            () = &mut stopped => {}
            () = greet(&app) => stopped.await,
        }
        tracing::info!("stopping");
        handle.stop(true).await;
        running.await?.context("the server failed")
    })
}

/// Refuses a database that was not migrated. One that does not answer, or a
/// store that does not, is said, and may come back.
pub(crate) async fn check(app: &App) -> Result<()> {
    match app.schema_ready().await {
        Err(error @ Error::Connection(_)) => {
            tracing::warn!(%error, "the database does not answer; nothing works until it does");
        }
        checked => checked.context("cannot start")?,
    }
    if let Err(error) = app.store_ready().await {
        tracing::warn!(%error, "the object store does not answer; files cannot be sent or read until it does");
    }
    Ok(())
}

/// Says the way in where nobody has a login yet. A database that is not there
/// yet is waited for: until then `/readyz` says so.
async fn greet(app: &App) {
    loop {
        match weighhouse_core::identity::setup_code(app).await {
            Ok(Some(code)) => return up::print_setup_link(app, &code),
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "waiting for the database"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Binds the socket before anything else is started, so that a port in use
/// is said at once.
pub(crate) fn bind(listen: &ListenArgs) -> Result<TcpListener> {
    TcpListener::bind(listen.listen).with_context(|| {
        format!(
            "cannot listen on {}: is another program, or another weighhouse, using the port? Choose one with --listen",
            listen.listen
        )
    })
}
