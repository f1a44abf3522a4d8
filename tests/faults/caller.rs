//! People and scripts who call servers that may be gone.

use crate::machine::Machine;
use reqwest::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const PASSWORD: &str = "four words make one";
/// No request takes longer: what does is a fault of its own.
const LIMIT: Duration = Duration::from_secs(30);

/// What somebody was told.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// It is done.
    Done { answer: Value },
    /// It was not done, and never will be.
    Refused { status: u16, detail: String },
    /// No answer, or one that says that it cannot know.
    Doubt { why: String },
}

impl Told {
    pub(crate) fn answer(self) -> Option<Value> {
        match self {
            Self::Done { answer } => Some(answer),
            Self::Refused { .. } | Self::Doubt { .. } => None,
        }
    }
}

/// Somebody with a credential, who knows every server.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) urls: Vec<String>,
    pub(crate) secret: String,
    client: reqwest::Client,
    session: bool,
}

pub(crate) fn client() -> reqwest::Client {
    // The second call only says that the first was made.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redirect = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(redirect).no_proxy().timeout(LIMIT).build().unwrap()
}

impl Caller {
    /// A script with a token of a new engineer.
    pub(crate) fn engineer(machine: &Machine, name: &str, tenant: &str) -> Self {
        let email = format!("{name}@acme.example");
        login(machine, &email, &["--agency", "acme", "--role", "engineer"]);
        let scopes = "read,register,promote,deploy";
        let token =
            machine.admin(&["token", "create", "--user", &email, "--tenant", tenant, "--scope", scopes], "");
        let secret = token["token"].as_str().unwrap().to_owned();
        Self { urls: machine.urls.clone(), secret, client: client(), session: false }
    }

    /// A new person with a role at `north`, signed in with a browser.
    pub(crate) async fn person(machine: &Machine, name: &str, role: &str) -> Self {
        let email = format!("{name}@north.example");
        login(machine, &email, &["--tenant", "north", "--role", role]);
        let (client, urls) = (client(), machine.urls.clone());
        let secret = sign_in(&client, &urls[0], &email).await.expect("the password is right");
        Self { urls, secret, client, session: true }
    }

    /// A request to one of the servers.
    pub(crate) fn request(&self, server: usize, method: Method, path: &str) -> RequestBuilder {
        let url = &self.urls[server % self.urls.len()];
        let request = self.client.request(method, format!("{url}{path}"));
        if self.session {
            let cookie = format!("wh_session={}", self.secret);
            request.header(COOKIE, cookie).header("Sec-Fetch-Site", "same-origin")
        } else {
            request.header(AUTHORIZATION, format!("Bearer {}", self.secret))
        }
    }

    pub(crate) async fn get(&self, server: usize, path: &str) -> Told {
        told(self.request(server, Method::GET, path)).await
    }

    pub(crate) async fn post(&self, server: usize, path: &str, body: &Value) -> Told {
        told(self.request(server, Method::POST, path).json(body)).await
    }
}

fn login(machine: &Machine, email: &str, role: &[&str]) {
    let create = ["user", "create", "--email", email, "--password-stdin"];
    machine.admin(&[&create[..], role].concat(), &format!("{PASSWORD}\n"));
}

/// Signs in by the page's form; gives the session's secret, or the status.
pub(crate) async fn sign_in(client: &reqwest::Client, url: &str, email: &str) -> Result<String, u16> {
    let form = format!("email={}&password={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
    let request = client
        .post(format!("{url}/do/sign-in"))
        .header("Sec-Fetch-Site", "same-origin")
        .header("Accept", "text/html")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let answer = request.send().await.map_err(|_| 0_u16)?;
    let cookies: Vec<_> =
        answer.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    let secret = cookies.iter().find_map(|cookie| cookie.strip_prefix("wh_session="));
    let secret = secret.and_then(|rest| rest.split(';').next()).map(str::to_owned);
    let back = answer.headers().get(LOCATION).is_some();
    secret.ok_or(if back { 303 } else { answer.status().as_u16() })
}

/// Sends a request and holds the server to its word: a refusal means that
/// nothing was done, and so does “unavailable”.
pub(crate) async fn told(request: RequestBuilder) -> Told {
    let doubt = |why: reqwest::Error| Told::Doubt { why: why.to_string() };
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return doubt(error),
    };
    let status = response.status();
    let text = match response.text().await {
        Ok(text) => text,
        Err(error) => return doubt(error),
    };
    let answer: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status.is_success() {
        return Told::Done { answer };
    }
    let problem = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    if problem("code") == "in_doubt" {
        return Told::Doubt { why: problem("detail") };
    }
    Told::Refused { status: status.as_u16(), detail: problem("detail") }
}

/// A version's context: one file, and the mark of who pushes it.
pub(crate) fn context(mark: &str, sha256: &str, size: usize) -> Value {
    json!({
        "artifact": {"files": [{"path": "model.bin", "size": size, "sha256": sha256}]},
        "training": {"config": {"mark": mark}},
        "evaluation": [{"dataset": "holdout", "metrics": {"auc": 0.9}}],
    })
}
