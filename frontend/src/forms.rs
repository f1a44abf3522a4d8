//! Forms without JavaScript: a post does its work and sends the browser on.
//! When it is refused, the browser comes back to the form, which says why and
//! still holds what was typed.

use crate::links;
use crate::session;
use actix_web::http::header::{ACCEPT, RETRY_AFTER};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::future::Future;
use weighhouse_core::{Ctx, Error, Result};
use weighhouse_types::error::{Code, Problem};

const FLASH: &str = "wh_flash";
/// Cookies have room for 4,096 bytes, name and attributes included.
const FLASH_MAX: usize = 3_800;
const FLASH_SECONDS: u32 = 60;

/// What a server function returns: browsers are always sent on, scripts are
/// told the problem.
pub(crate) type Posted = std::result::Result<(), Refusal>;

/// A refusal as scripts see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Refusal(Box<Problem>);

impl FromServerFnError for Refusal {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(Box::new(Problem::new(Code::Invalid, error.to_string())))
    }
}

/// The form that was sent.
pub(crate) struct Form {
    /// Where it stands, to come back to.
    pub(crate) back: String,
    /// The server function's path, which names it.
    pub(crate) name: &'static str,
    /// What was typed, to be shown again. Never a secret.
    pub(crate) kept: Vec<(&'static str, String)>,
}

/// What a form led to.
pub(crate) struct Done {
    to: String,
    say: Option<String>,
}

impl Done {
    /// Go on to a page.
    pub(crate) fn to(path: impl Into<String>) -> Self {
        Self { to: path.into(), say: None }
    }

    /// And say there what happened.
    pub(crate) fn saying(self, words: impl Into<String>) -> Self {
        Self { say: Some(words.into()), ..self }
    }
}

/// A form of somebody signed in.
///
/// # Errors
/// Only scripts see them; browsers are sent back to the form.
pub(crate) async fn post<F>(form: Form, csrf: &str, act: impl FnOnce(Ctx) -> F) -> Posted
where
    F: Future<Output = Result<Done>>,
{
    let outcome = match session::ctx_for_form(csrf).await {
        Ok(ctx) => act(ctx).await,
        Err(error) => Err(error),
    };
    answer(form, outcome)
}

/// A form of nobody in particular. Where it came from is checked by the
/// server's middleware, before it gets here.
///
/// # Errors
/// As [`post`].
pub(crate) async fn post_open<F>(form: Form, act: impl FnOnce(Ctx) -> F) -> Posted
where
    F: Future<Output = Result<Done>>,
{
    let outcome = match session::anonymous() {
        Ok(ctx) => act(ctx).await,
        Err(error) => Err(error),
    };
    answer(form, outcome)
}

fn answer(form: Form, outcome: Result<Done>) -> Posted {
    let error = match outcome {
        Ok(done) => {
            if let Some(detail) = done.say {
                Flash { path: path_of(&done.to), good: true, detail, ..Flash::default() }.leave();
            }
            session::redirect(&done.to);
            return Ok(());
        }
        Err(error) => error,
    };
    let problem = error.problem();
    if problem.status >= 500 {
        tracing::error!(form = form.name, %error, "a form failed");
    }
    if !wants_html() {
        session::set_status(problem.status);
        if let Some(seconds) = problem.retry_after {
            session::set_header(RETRY_AFTER, &seconds.to_string());
        }
        return Err(Refusal(Box::new(problem)));
    }
    let signed_out = problem.code == Code::Unauthenticated && !form.back.starts_with("/sign-in");
    if signed_out {
        session::redirect(&links::sign_in(&form.back));
        return Ok(());
    }
    let kept = form.kept.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let path = path_of(&form.back);
    Flash { path, form: form.name.into(), good: false, detail: problem.detail, kept }.leave();
    session::redirect(&form.back);
    Ok(())
}

fn wants_html() -> bool {
    let accept = session::request()
        .ok()
        .and_then(|request| request.headers().get(ACCEPT)?.to_str().ok().map(str::to_owned));
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn path_of(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().into()
}

/// What one request tells the page after it, in a cookie that lives for a
/// minute and is read once.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// The page it is for.
    path: String,
    /// The form that it is about.
    form: String,
    pub(crate) good: bool,
    pub(crate) detail: String,
    kept: Vec<(String, String)>,
}

impl Flash {
    /// Leaves it for the next page. What was typed is dropped where a cookie
    /// has no room for it: the browser's own way back still has it then.
    fn leave(mut self) {
        let mut text = self.encoded();
        if text.len() > FLASH_MAX {
            self.kept.clear();
            self.detail = self.detail.chars().take(600).collect();
            text = self.encoded();
        }
        if let Ok(app) = session::app() {
            // An encoded cookie is a valid header, so that it cannot fail.
            let _ = session::set_cookie(&app, FLASH, &text, "/", Some(FLASH_SECONDS));
        }
    }

    fn encoded(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Takes what was left for this page and hands it to its components.
    pub(crate) fn take() {
        let (Ok(app), Ok(request)) = (session::app(), session::request()) else { return };
        let Some(text) = session::cookie(&request, FLASH) else { return };
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let Ok(flash) = serde_json::from_slice::<Self>(&bytes) else { return };
        if flash.path == request.path() {
            let _ = session::set_cookie(&app, FLASH, "", "/", Some(0));
            provide_context(flash);
        }
    }

    /// What was typed into a field of a form that was refused.
    pub(crate) fn kept(form: &str, field: &str) -> Option<String> {
        let flash = use_context::<Self>()?;
        let found = flash.kept.into_iter().find(|(name, _)| name == field);
        found.filter(|_| flash.form == form).map(|(_, value)| value)
    }
}

/// An id that a form carried. One that cannot be parsed is one that does not
/// exist, so that a guess and a typing error look alike.
///
/// # Errors
/// When it is no id.
pub(crate) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T> {
    let Ok(id) = text.parse() else { return Err(Error::not_found(what)) };
    Ok(id)
}
