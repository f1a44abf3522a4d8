//! `weighhouse up`: everything in one process, on an embedded default.

use crate::embedded::{self, Durability, Postgres};
use crate::folder::{self, Folder};
use crate::settings::{
    JwtArgs, ListenArgs, LogKeyArgs, MailArgs, MetricsArgs, OutgoingArgs, PoolArgs, config,
};
use crate::{demo, http, metrics, serve};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::convert::Infallible;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use url::Url;
use weighhouse_core::kernel::config::Config;
use weighhouse_core::kernel::migrate::migrate;
use weighhouse_core::{App, identity};

/// How often `up` looks whether its Postgres still runs.
const LOOK: Duration = Duration::from_secs(1);

/// Run everything in one process.
#[derive(Args)]
pub(crate) struct UpArgs {
    /// The folder that holds everything
    #[arg(long, env = "WEIGHHOUSE_DATA", default_value = ".weighhouse", value_name = "FOLDER")]
    data: PathBuf,
    /// Fill an empty installation with a demonstration (loopback only)
    #[arg(long)]
    demo: bool,
    /// Object store instead of the folder's own: s3://bucket/prefix, gs://… or az://…
    #[arg(long, env = "WEIGHHOUSE_STORE_URL", value_name = "URL")]
    store_url: Option<Url>,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    log_key: LogKeyArgs,
    #[command(flatten)]
    jwt: JwtArgs,
    #[command(flatten)]
    outgoing: OutgoingArgs,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    pool: PoolArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
}

pub(crate) fn up(args: &UpArgs) -> Result<()> {
    let started = Instant::now();
    let public_url = args.listen.public_url()?;
    if args.demo && !args.listen.listen.ip().is_loopback() {
        bail!("--demo shows its passwords on the console and is for this machine only: listen on 127.0.0.1");
    }
    let owner = embedded::owner()?;
    let folder = Folder::resolve(&args.data, owner.as_ref())?;
    let wanted = std::path::absolute(&args.data)?;
    if folder.root() != wanted {
        println!(
            "Postgres's user cannot reach {}; the data is in {} instead.",
            wanted.display(),
            folder.root().display()
        );
    }
    let _taken = folder.take()?;
    let listener = serve::bind(&args.listen)?;
    let metrics_listener = args.metrics.bind()?;
    let start = || Postgres::start(&folder.postgres(), &folder.socket(), owner.as_ref(), Durability::Safe);
    let mut postgres = start()?;
    let store_url = match &args.store_url {
        Some(url) => url.clone(),
        None => {
            folder::private(&folder.store())?;
            Url::from_directory_path(folder.store())
                .map_err(|()| anyhow::anyhow!("the data folder's path is not absolute"))?
        }
    };
    folder::private(&folder.mail())?;
    let mail = args.mail.config(Some(folder.mail()))?;
    let log_key = match args.log_key.given()? {
        Some(key) => key,
        None => folder.log_key(&public_url)?,
    };
    let mut jwt = args.jwt.config()?;
    if jwt.key.is_none() {
        jwt.key = Some(folder.jwt_key()?);
    }
    let settings = args.pool.applied(config(folder.app_url(), store_url, mail, public_url));
    let settings = args.outgoing.applied(settings, || folder.seal_key().map(Some))?;
    let app = App::new(Config { log_key: Some(log_key), jwt, proxies: args.listen.proxies(), ..settings })?;
    metrics::start(&app, metrics_listener)?;
    let outcome = actix_web::rt::System::new().block_on(async {
        // On this thread, the main one: Postgres dies with whoever starts it.
        tokio::select! {
            outcome = run(app, &folder, listener, args.demo, started) => outcome,
            never = keep(&mut postgres, start) => match never {},
        }
    });
    let stopped = postgres.stop();
    outcome.and(stopped)
}

/// Starts Postgres again whenever it ended by itself, as it does when its disk
/// is full and on being killed; until then requests are told to come back.
async fn keep(postgres: &mut Postgres, start: impl Fn() -> Result<Postgres>) -> Infallible {
    loop {
        tokio::time::sleep(LOOK).await;
        if !postgres.ended().unwrap_or(false) {
            continue;
        }
        tracing::error!("Postgres has ended, and is started again");
        match start() {
            Ok(started) => *postgres = started,
            Err(error) => tracing::error!("{error:#}"),
        }
    }
}

async fn run(
    app: Arc<App>,
    folder: &Folder,
    listener: TcpListener,
    demo: bool,
    started: Instant,
) -> Result<()> {
    // From the first moment on, a stop is one in good order.
    let stopped = stop_signal()?;
    migrate(&folder.owner_url()).await?;
    let server = http::server(&app, listener, http_workers())?;
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let stop = CancellationToken::new();
    let worker = actix_web::rt::spawn(weighhouse_worker::run(Arc::clone(&app), stop.clone()));
    tracing::info!(
        url = %app.config.public_url,
        data = %folder.root().display(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "Weighhouse is up"
    );
    tokio::pin!(stopped);
    tokio::select! {
        () = &mut stopped => {}
        greeted = greet(&app, demo) => {
            greeted?;
            stopped.await;
        }
    }
    tracing::info!("stopping");
    handle.stop(true).await;
    stop.cancel();
    worker.await?;
    running.await?.context("the server failed")
}

/// What the console says once everything runs: the way in.
async fn greet(app: &Arc<App>, demo: bool) -> Result<()> {
    match identity::setup_code(app).await? {
        Some(_) if demo => demo::fill(app).await,
        Some(code) => {
            print_setup_link(app, &code);
            Ok(())
        }
        None => {
            println!("\n  Open {}\n", app.config.public_url);
            Ok(())
        }
    }
}

pub(crate) fn print_setup_link(app: &App, code: &str) {
    println!(
        "\n  Nobody has a login yet. Set up this installation here; the link works once:\n\n    {}\n",
        app.config.link(&format!("/setup?code={code}"))
    );
}

/// Ready at Ctrl-C or a service manager's stop; heard from the call on, not
/// only once it is waited for.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

pub(crate) fn http_workers() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
