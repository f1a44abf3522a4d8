//! What Prometheus and probes read, on a socket of its own: figures about an
//! installation are nobody's business on the public one.

use actix_web::web::{self, Data};
use actix_web::{HttpResponse, HttpServer};
use anyhow::{Context, Result};
use std::net::TcpListener;
use std::sync::Arc;
use weighhouse_core::App;
use weighhouse_core::kernel::metrics::render;

/// Serves on a thread of its own, as long as the process lives: also while the
/// rest of it drains, or is too busy to answer.
pub(crate) fn start(app: &Arc<App>, listener: Option<TcpListener>) -> Result<()> {
    let Some(listener) = listener else { return Ok(()) };
    tracing::info!(listen = %listener.local_addr()?, "metrics are served");
    let app = Arc::clone(app);
    let serve = move || {
        let outcome = actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                actix_web::App::new()
                    .app_data(Data::from(Arc::clone(&app)))
                    .route("/metrics", web::get().to(metrics))
                    .configure(weighhouse_api::configure_probes)
            });
            server.workers(1).disable_signals().listen(listener)?.run().await
        });
        if let Err(error) = outcome {
            tracing::error!(%error, "metrics are no longer served");
        }
    };
    std::thread::Builder::new().name("metrics".into()).spawn(serve).context("no thread for metrics")?;
    Ok(())
}

async fn metrics(app: Data<App>) -> HttpResponse {
    match render(&app).await {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
