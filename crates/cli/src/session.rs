//! What only a person may do: signing in for one command.

use crate::http::Client;
use crate::urls::Path;
use crate::{args, ask, config};
use anyhow::{Context as _, Result, anyhow, bail};
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::json;
use url::Url;
use weighhouse_types::error::Code;

/// Signs a person in, does something in their name, and signs them out again,
/// whether it was done or not.
///
/// # Errors
/// When they cannot sign in, and what `act` gives.
pub(crate) async fn signed_in<T>(
    sign_in: &args::SignIn,
    act: impl AsyncFnOnce(&Client) -> Result<T>,
) -> Result<T> {
    let base = config::address()?;
    let email = match &sign_in.email {
        Some(email) => email.clone(),
        None => ask::line(&format!("E-mail address at {base}: "), "use --email and --password-stdin")?,
    };
    let password = if sign_in.password_stdin {
        ask::secret_from_stdin()?
    } else {
        ask::secret(&format!("Password of {email} (it is not shown): "), "use --password-stdin")?
    };
    let client = Client::of_session(&base, Some(&start(&base, &email, &password).await?))?;
    let done = act(&client).await;
    if let Err(error) = client.delete(&Path::session()).await {
        eprintln!("note: the session could not be ended, and ends by itself: {error}");
    }
    done
}

/// Starts a session; gives its cookie.
async fn start(base: &Url, email: &str, password: &str) -> Result<String> {
    let client = Client::of_session(base, None)?;
    let answer = client.post_once(&Path::session(), &json!({ "email": email, "password": password })).await;
    match answer {
        Ok(answer) => cookie(&answer.headers)
            .with_context(|| format!("{base} signed {email} in, but gave no session to use")),
        Err(error) => match (error.code(), error.status()) {
            // The usual hint is about tokens.
            (Some(Code::Unauthenticated), _) => bail!("{}", error.detail()),
            (Some(Code::Forbidden), _) => Err(anyhow!(
                "{error}\n  {base} may not be the installation's own address: set WH_URL to the one that people type"
            )),
            (_, Some(404 | 405)) => {
                bail!("{base} does not sign people in by its API: use the web UI instead")
            }
            _ => Err(error.into()),
        },
    }
}

/// The cookies that were set, as they are sent back.
fn cookie(headers: &HeaderMap) -> Option<String> {
    let pair = |value: &reqwest::header::HeaderValue| {
        let pair = value.to_str().ok()?.split(';').next()?.trim();
        pair.contains('=').then(|| pair.to_owned())
    };
    let pairs: Vec<_> = headers.get_all(SET_COOKIE).iter().filter_map(pair).collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_back_without_its_attributes() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers), None);
        headers.append(SET_COOKIE, "__Host-wh_session=abc=; Path=/; Secure; HttpOnly".parse().unwrap());
        assert_eq!(cookie(&headers).as_deref(), Some("__Host-wh_session=abc="));
        headers.append(SET_COOKIE, "theme=dark; Path=/".parse().unwrap());
        assert_eq!(cookie(&headers).as_deref(), Some("__Host-wh_session=abc=; theme=dark"));
    }
}
