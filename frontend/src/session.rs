//! Who visits: the request's session, its cookies, and the way from a request
//! to a page or a refusal.

use crate::components::frame::{Frame, Page, Visitor};
use crate::forms::Flash;
use crate::links;
use crate::pages::refusal;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use leptos::prelude::*;
use leptos_actix::{Request, ResponseOptions};
use std::future::Future;
use std::sync::Arc;
use weighhouse_core::identity::SignedIn;
use weighhouse_core::kernel::network::Origin;
use weighhouse_core::{App, Ctx, Error, Result, identity};
use weighhouse_types::error::Code;

/// The request's form token, which [`crate::components::field::CsrfField`] renders.
#[derive(Clone)]
pub(crate) struct Csrf(pub(crate) String);

/// The parts of the process.
///
/// # Errors
/// When the server was put together without them.
pub(crate) fn app() -> Result<Arc<App>> {
    use_context().ok_or_else(|| Error::internal("no App in the context"))
}

/// The request that is answered.
pub(crate) fn request() -> Result<Request> {
    use_context().ok_or_else(|| Error::internal("no request in the context"))
}

/// Who acts in this request, by the session's cookie.
///
/// # Errors
/// When nobody is signed in, or the session is over.
pub(crate) async fn ctx() -> Result<Ctx> {
    let (app, request) = (app()?, request()?);
    ctx_of(&app, request).await
}

/// The same for a request outside of a page.
///
/// # Errors
/// As [`ctx`].
pub(crate) async fn ctx_of(app: &Arc<App>, request: Request) -> Result<Ctx> {
    let id = request_id(&request);
    let secret = cookie(&request, app.config.session_cookie());
    let origin = origin(app, &request);
    match secret {
        Some(secret) => Ok(identity::session_ctx(app, &secret, &id).await?.at(origin)),
        None => Err(Error::refused(Code::Unauthenticated, "Sign in first.")),
    }
}

/// Who acts in a form's post: the session must be theirs and the form ours.
/// Every server function of somebody signed in uses this.
///
/// # Errors
/// When nobody is signed in, or the form token is not the session's.
pub(crate) async fn ctx_for_form(csrf: &str) -> Result<Ctx> {
    let ctx = ctx().await?;
    let expected = ctx.csrf().unwrap_or_default();
    if expected.is_empty() || !same(&expected, csrf) {
        return Err(Error::refused(
            Code::Forbidden,
            "The form is from an older session. Nothing was changed; open the page again and send it once more.",
        ));
    }
    Ok(ctx)
}

/// A request by nobody in particular, for sign-in and the like.
///
/// # Errors
/// When the server was put together without its parts.
pub(crate) fn anonymous() -> Result<Ctx> {
    let (app, request) = (app()?, request()?);
    Ok(Ctx::anonymous(&app, request_id(&request)).at(origin(&app, &request)))
}

/// Where a request comes from.
fn origin(app: &App, request: &HttpRequest) -> Origin {
    let header = app.config.proxies.header.name();
    let values = request.headers().get_all(header).filter_map(|value| value.to_str().ok());
    let header = values.collect::<Vec<_>>().join(",");
    let device = cookie(request, app.config.device_cookie());
    app.config.origin(request.peer_addr().map(|peer| peer.ip()), &header, device)
}

/// Equality that takes the same time wherever the first difference is.
fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differ == 0
}

/// The id under which the request is logged: the middleware's, or a new one.
fn request_id(request: &HttpRequest) -> String {
    let given = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    given.map_or_else(weighhouse_core::kernel::secret::request_id, Into::into)
}

/// A cookie of the request.
pub(crate) fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    request.cookie(name).map(|cookie| cookie.value().to_owned())
}

/// What the browser calls itself.
pub(crate) fn agent() -> String {
    let agent = request()
        .ok()
        .and_then(|request| request.headers().get("user-agent")?.to_str().ok().map(str::to_owned));
    agent.unwrap_or_default()
}

/// As long as browsers keep any cookie.
const DEVICE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// Gives the browser its session, and what it is known by the next time.
///
/// # Errors
/// When the database fails.
pub(crate) async fn session_start(ctx: &Ctx, signed_in: &SignedIn) -> Result<()> {
    let (app, device) = (ctx.app(), identity::device_remember(ctx, signed_in).await?);
    set_cookie(app, app.config.device_cookie(), &device, "/", Some(DEVICE_SECONDS))?;
    set_cookie(app, app.config.session_cookie(), &signed_in.cookie, "/", None)
}

/// Takes the session from the browser.
///
/// # Errors
/// When the server was put together without its parts.
pub(crate) fn session_end() -> Result<()> {
    let app = app()?;
    set_cookie(&app, app.config.session_cookie(), "", "/", Some(0))
}

/// Sets a cookie that scripts cannot read; `seconds` unless for the session.
pub(crate) fn set_cookie(app: &App, name: &str, value: &str, path: &str, seconds: Option<u32>) -> Result<()> {
    let text = app.config.cookie(name, value, path, seconds);
    let header = HeaderValue::from_str(&text).map_err(Error::internal)?;
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(SET_COOKIE, header);
    }
    Ok(())
}

/// Answers with another status than 200.
pub(crate) fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// Sets a header of the answer.
pub(crate) fn set_header(name: HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.insert_header(name, value);
    }
}

/// Sends the browser on, with GET.
pub(crate) fn redirect(to: &str) {
    set_status(StatusCode::SEE_OTHER.as_u16());
    set_header(LOCATION, to);
}

/// The path and query that were asked for.
pub(crate) fn here() -> String {
    request().map(|r| r.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned()).unwrap_or_default()
}

/// A page for somebody signed in: whoever is not goes to sign in first, and
/// what is refused becomes a page that says why.
pub(crate) fn page<F>(load: impl FnOnce(Ctx) -> F + Send + 'static) -> impl IntoView
where
    F: Future<Output = Result<Page>> + Send + 'static,
{
    let tenant = param("tenant");
    Suspend::new(async move {
        let ctx = match ctx().await {
            Ok(ctx) => ctx,
            Err(error) if error.code() == Code::Unauthenticated => {
                redirect(&links::sign_in(&here()));
                return ().into_any();
            }
            Err(error) => return refusal::bare(&error).into_any(),
        };
        provide_context(Csrf(ctx.csrf().unwrap_or_default()));
        Flash::take();
        let visitor = visitor(&ctx).await;
        let page = match load(ctx.clone()).await {
            Ok(page) => page,
            Err(error) => refusal::page(&ctx, &error, &tenant).await,
        };
        view! { <Frame visitor=visitor page=page /> }.into_any()
    })
}

/// The person for the page's frame.
async fn visitor(ctx: &Ctx) -> Option<Visitor> {
    let user = ctx.user().ok()?.clone();
    let agencies = crate::pages::tenancy::server::agencies(ctx).await;
    Some(Visitor { user, agencies })
}

/// A page for nobody in particular: sign-in, set-up, invitation.
pub(crate) fn open_page<F>(load: impl FnOnce(Ctx) -> F + Send + 'static) -> impl IntoView
where
    F: Future<Output = Result<Page>> + Send + 'static,
{
    Suspend::new(async move {
        let ctx = match anonymous() {
            Ok(ctx) => ctx,
            Err(error) => return refusal::bare(&error).into_any(),
        };
        Flash::take();
        match load(ctx).await {
            Ok(page) => view! { <Frame visitor=None page=page /> }.into_any(),
            Err(error) => refusal::bare(&error).into_any(),
        }
    })
}

/// A page for everybody: whoever is signed in has their menu as everywhere.
pub(crate) fn public_page(load: impl FnOnce(Ctx) -> Result<Page> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        let (ctx, visitor) = match ctx().await {
            Ok(ctx) => {
                provide_context(Csrf(ctx.csrf().unwrap_or_default()));
                let visitor = visitor(&ctx).await;
                (Ok(ctx), visitor)
            }
            Err(_) => (anonymous(), None),
        };
        match ctx.and_then(load) {
            Ok(page) => view! { <Frame visitor=visitor page=page /> }.into_any(),
            Err(error) => refusal::bare(&error).into_any(),
        }
    })
}

/// A part of the path, decoded.
pub(crate) fn param(name: &str) -> String {
    let params = leptos_router::hooks::use_params_map();
    params.with_untracked(|params| params.get(name)).unwrap_or_default()
}

/// Every value of a name that may stand several times in the query, decoded.
pub(crate) fn query_all(name: &str) -> Vec<String> {
    let query = leptos_router::hooks::use_query_map();
    let all = query.with_untracked(|query| query.get_all(name)).unwrap_or_default();
    all.into_iter().filter(|value| !value.is_empty()).collect()
}

/// The whole query, decoded.
pub(crate) fn queries() -> Vec<(String, String)> {
    let query = leptos_router::hooks::use_query_map();
    query.with_untracked(|query| {
        query.clone().into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
    })
}

/// A part of the query, decoded; `None` when absent or empty.
pub(crate) fn query(name: &str) -> Option<String> {
    let query = leptos_router::hooks::use_query_map();
    query.with_untracked(|query| query.get(name)).filter(|value| !value.is_empty())
}
