//! The MLflow REST protocol, below `/mlflow/<tenant>/<project>`: training code
//! that logs to MLflow logs here when its tracking URI says so.
//!
//! Each handler decodes, makes one call into core, and encodes, as those of
//! `/api/v1` do; the forms of requests, answers and errors are MLflow's own.

mod error;
mod experiments;
mod metrics;
mod runs;
mod server;
mod wire;

use crate::extract;
use crate::request::RequestId;
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest};
use error::{Failure, Result};
use futures_util::future::LocalBoxFuture;
use std::ops::Deref;
use weighhouse_core::identity::bearer_ctx_often;
use weighhouse_core::{Ctx, Error};
use weighhouse_types::error::Code;

/// The largest body of a call, in bytes: a thousand points with the longest keys fit.
const BODY_MAX: usize = 4 << 20;

/// Whose project is meant, and who calls.
struct Place {
    ctx: Ctx,
    tenant: String,
    project: String,
}

impl Deref for Place {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.ctx
    }
}

impl FromRequest for Place {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let part = |name| request.match_info().query(name).to_owned();
            Ok(Self { ctx: caller(&request).await?, tenant: part("tenant"), project: part("project") })
        })
    }
}

/// Training code comes with an API token; MLflow's client can also send it as
/// the password of basic authentication, which is the same secret.
async fn caller(request: &HttpRequest) -> Result<Ctx> {
    let RequestId(id) = RequestId::of(request);
    let app = extract::app(request)?;
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or_else(|| {
        Error::refused(
            Code::Unauthenticated,
            "Set MLFLOW_TRACKING_TOKEN to an API token of this client with the scope ‘track’.",
        )
    })?;
    Ok(bearer_ctx_often(&app, token.trim(), &id).await?)
}

/// What there is not: first the token is looked at, as everywhere.
async fn nothing_here(request: HttpRequest) -> Result<String> {
    caller(&request).await?;
    Err(Failure::no_such_endpoint(request.path()))
}

/// Mounts the protocol.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let scope = web::scope("/mlflow/{tenant}/{project}")
        .app_data(web::PayloadConfig::new(BODY_MAX))
        .configure(server::configure)
        .service(calls("/api/2.0/mlflow"))
        .service(calls("/ajax-api/2.0/mlflow"))
        .service(web::scope("/api/3.0/mlflow").configure(server::configure_info))
        .service(web::scope("/ajax-api/3.0/mlflow").configure(server::configure_info))
        .default_service(web::route().to(nothing_here));
    config.service(scope);
}

fn calls(path: &str) -> actix_web::Scope {
    web::scope(path)
        .configure(experiments::configure)
        .configure(runs::configure)
        .configure(metrics::configure)
        .default_service(web::route().to(nothing_here))
}
