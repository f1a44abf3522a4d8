//! `weighhouse serve`: API and web UI.

use crate::settings::{DatabaseArgs, ListenArgs, MailArgs, config};
use crate::{http, up};
use anyhow::{Context, Result};
use clap::Args;
use std::net::TcpListener;
use std::time::Duration;
use url::Url;
use weighhouse_core::App;

/// Serve API and web UI.
#[derive(Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Object store, as file:///path, s3://bucket/prefix, gs://… or az://…
    #[arg(long, env = "WEIGHHOUSE_STORE_URL", value_name = "URL")]
    store_url: Url,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

pub(crate) fn serve(args: &ServeArgs) -> Result<()> {
    let public_url = args.listen.public_url()?;
    let mail = args.mail.config(None)?;
    let listener = bind(&args.listen)?;
    let app = App::new(config(args.database.required()?, args.store_url.clone(), mail, public_url))?;
    actix_web::rt::System::new().block_on(async {
        let stopped = up::stop_signal()?;
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
