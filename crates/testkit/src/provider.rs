//! A provider of language models: an HTTP server that speaks OpenAI's
//! protocol, and changes its model, or fails, when a test says so.

use actix_web::http::header::{AUTHORIZATION, LOCATION};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the provider serves, and how it behaves.
#[derive(Clone, Debug)]
pub struct Serving {
    pub model: String,
    pub fingerprint: Option<String>,
    pub owned_by: String,
    pub created: i64,
    /// Answers by the user's message; another one is answered with itself.
    pub answers: BTreeMap<String, String>,
    /// Says something else each time.
    pub unsteady: bool,
    /// Tells of its models one by one, not only of all.
    pub tells_of_one: bool,
    /// The API key that it takes.
    pub key: Option<String>,
    pub mood: Mood,
}

/// What meets every request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mood {
    Fine,
    Status(u16),
    /// Answers only after this long.
    Slow(Duration),
    /// Sends everybody elsewhere.
    Redirect(String),
    /// Answers with more than anybody reads.
    Endless,
    /// Answers, but not what was asked.
    Nonsense,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            model: "gpt-test-2026-01-01".into(),
            fingerprint: Some("fp_1".into()),
            owned_by: "provider".into(),
            created: 1_700_000_000,
            answers: BTreeMap::new(),
            unsteady: false,
            tells_of_one: true,
            key: None,
            mood: Mood::Fine,
        }
    }
}

#[derive(Default)]
struct State {
    serving: Serving,
    asked: Vec<Value>,
}

/// A running provider; ends when dropped.
pub struct Provider {
    /// The base of its API.
    pub url: String,
    state: Arc<Mutex<State>>,
    handle: actix_web::dev::ServerHandle,
}

impl Provider {
    #[must_use]
    pub fn start(serving: Serving) -> Self {
        crate::tls_provider();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { serving, asked: Vec::new() }));
        let data = web::Data::from(Arc::clone(&state));
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(data.clone())
                        .route("/v1/models", web::get().to(models))
                        .route("/v1/models/{model}", web::get().to(model))
                        .route("/v1/chat/completions", web::post().to(complete))
                };
                let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { url, state, handle: receive.recv().unwrap() }
    }

    /// Serves something else from now on.
    pub fn change(&self, change: impl FnOnce(&mut Serving)) {
        change(&mut self.state.lock().unwrap().serving);
    }

    /// The completions that were asked for.
    #[must_use]
    pub fn asked(&self) -> Vec<Value> {
        self.state.lock().unwrap().asked.clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

type Shared = web::Data<Mutex<State>>;

fn serving(state: &Shared) -> Serving {
    state.lock().unwrap().serving.clone()
}

/// The answer that the mood has in place of the right one.
async fn moody(request: &HttpRequest, serving: &Serving) -> Option<HttpResponse> {
    let key = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let wanted = serving.key.as_ref().map(|key| format!("Bearer {key}"));
    if wanted.is_some() && wanted.as_deref() != key {
        return Some(HttpResponse::Unauthorized().finish());
    }
    match &serving.mood {
        Mood::Fine => None,
        Mood::Status(status) => {
            Some(HttpResponse::build(actix_web::http::StatusCode::from_u16(*status).unwrap()).finish())
        }
        Mood::Slow(wait) => {
            tokio::time::sleep(*wait).await;
            None
        }
        Mood::Redirect(to) => {
            Some(HttpResponse::TemporaryRedirect().insert_header((LOCATION, to.as_str())).finish())
        }
        Mood::Endless => Some(HttpResponse::Ok().body("x".repeat(2 << 20))),
        Mood::Nonsense => Some(HttpResponse::Ok().body("<html>Welcome</html>")),
    }
}

fn listed(serving: &Serving) -> Value {
    json!({"id": serving.model, "object": "model", "created": serving.created, "owned_by": serving.owned_by})
}

async fn models(request: HttpRequest, state: Shared) -> HttpResponse {
    let serving = serving(&state);
    match moody(&request, &serving).await {
        Some(answer) => answer,
        None => HttpResponse::Ok().json(json!({"object": "list", "data": [listed(&serving)]})),
    }
}

async fn model(request: HttpRequest, id: web::Path<String>, state: Shared) -> HttpResponse {
    let serving = serving(&state);
    match moody(&request, &serving).await {
        Some(answer) => answer,
        None if serving.tells_of_one && *id == serving.model => HttpResponse::Ok().json(listed(&serving)),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn complete(request: HttpRequest, body: web::Json<Value>, state: Shared) -> HttpResponse {
    let serving = serving(&state);
    if let Some(answer) = moody(&request, &serving).await {
        return answer;
    }
    if body["model"] != serving.model {
        return HttpResponse::NotFound().finish();
    }
    let count = {
        let mut state = state.lock().unwrap();
        state.asked.push(body.0.clone());
        state.asked.len()
    };
    let said = body["messages"].as_array().and_then(|all| all.last()).map(|last| last["content"].clone());
    let said = said.and_then(|said| said.as_str().map(str::to_owned)).unwrap_or_default();
    let mut answer = serving.answers.get(&said).cloned().unwrap_or(said);
    if serving.unsteady {
        answer = format!("{answer} {count}");
    }
    HttpResponse::Ok().json(json!({
        "id": format!("chatcmpl-{count}"),
        "object": "chat.completion",
        "created": 1_700_000_001,
        "model": serving.model,
        "system_fingerprint": serving.fingerprint,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
    }))
}
