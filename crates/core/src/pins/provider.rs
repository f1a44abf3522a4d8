//! What a provider says and answers, over OpenAI's protocol.

use super::rules;
use crate::kernel::outside::{Answer, Outgoing, Trouble};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;
use weighhouse_types::pins::{Golden, GoldenAnswer, Identity, Observation};

/// How long to wait before one more try.
const AGAIN: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];
/// The longest answer that is asked for, in tokens.
const TOKENS_MAX: u32 = 512;
/// Whatever the seed is, it stays the same.
const SEED: u32 = 7;

/// Who is asked, and for what.
pub(super) struct Provider<'a> {
    pub(super) outgoing: &'a Outgoing,
    pub(super) base: Url,
    pub(super) pinned: &'a str,
    pub(super) key: Option<&'a str>,
}

type Result<T> = std::result::Result<T, String>;

/// An entry under `/models`.
#[derive(Deserialize)]
struct Listed {
    id: String,
    created: Option<i64>,
    owned_by: Option<String>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

/// An answer of `/chat/completions`.
#[derive(Deserialize)]
struct Completion {
    model: Option<String>,
    system_fingerprint: Option<String>,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl Provider<'_> {
    /// Looks: who the model is, and how it answers. Golden prompts named in
    /// `twice` are asked twice, to know whether they are answered the same.
    pub(super) async fn observe(&self, golden: &[Golden], twice: &BTreeSet<&str>) -> Result<Observation> {
        let mut seen = Observation { identity: self.listed().await?, ..Observation::default() };
        if golden.is_empty() {
            // Only an answer tells the fingerprint.
            let probe =
                Golden { name: String::new(), system: None, prompt: "Say OK.".into(), expected: None };
            self.complete(&probe, &mut seen.identity).await?;
        }
        for golden in golden {
            let mut answer = self.complete(golden, &mut seen.identity).await?;
            if twice.contains(golden.name.as_str()) {
                let again = self.complete(golden, &mut seen.identity).await?;
                answer.steady = again.digest == answer.digest;
            }
            seen.answers.insert(golden.name.clone(), answer);
        }
        Ok(seen)
    }

    /// What the list of models says. Servers that do not tell of one model
    /// are asked for all; one that lists none at all has nothing to say.
    async fn listed(&self) -> Result<Identity> {
        let one = self.ask(&["models", self.pinned], None).await?;
        let listed: Option<Listed> = match one.status {
            200 => Some(parse(&one, "/models/ID")?),
            404 | 405 => {
                let all = self.ask(&["models"], None).await?;
                match all.status {
                    200 => parse::<List>(&all, "/models")?
                        .data
                        .into_iter()
                        .find(|listed| listed.id == self.pinned),
                    404 | 405 => None,
                    _ => return Err(refused(&all, "/models")),
                }
            }
            _ => return Err(refused(&one, "/models/ID")),
        };
        Ok(listed.map_or_else(Identity::default, |listed| Identity {
            listed_as: Some(listed.id),
            created: listed.created,
            owned_by: listed.owned_by,
            ..Identity::default()
        }))
    }

    async fn complete(&self, golden: &Golden, identity: &mut Identity) -> Result<GoldenAnswer> {
        let system = golden.system.iter().map(|text| json!({"role": "system", "content": text}));
        let messages: Vec<Value> =
            system.chain([json!({"role": "user", "content": golden.prompt})]).collect();
        let body = json!({
            "model": self.pinned, "messages": messages, "temperature": 0, "seed": SEED, "max_tokens": TOKENS_MAX,
        });
        let answer = self.ask(&["chat", "completions"], Some(&body)).await?;
        if answer.status != 200 {
            return Err(refused(&answer, "/chat/completions"));
        }
        let completion: Completion = parse(&answer, "/chat/completions")?;
        let said = completion.choices.into_iter().next().and_then(|choice| choice.message.content);
        let said = said.ok_or("answers /chat/completions without a text")?;
        identity.model = completion.model.map(short);
        identity.system_fingerprint = completion.system_fingerprint.map(short);
        Ok(rules::answer(&said, true))
    }

    /// Asks, and once or twice more where that may help.
    async fn ask(&self, path: &[&str], body: Option<&Value>) -> Result<Answer> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => return Err("is no address that has paths".into()),
        }
        let mut waits = AGAIN.iter();
        loop {
            let asked = self.outgoing.ask(url.clone(), self.key, body).await;
            let passing = match &asked {
                Ok(answer) => matches!(answer.status, 429 | 500 | 502..=504),
                Err(trouble) => matches!(trouble, Trouble::Lost(_)),
            };
            match waits.next().filter(|_| passing) {
                Some(wait) => tokio::time::sleep(*wait).await,
                None => return asked.map_err(|trouble| trouble.to_string()),
            }
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(answer: &Answer, place: &str) -> Result<T> {
    serde_json::from_slice(&answer.body)
        .map_err(|e| format!("answers {place} with something else than OpenAI’s protocol says: {e}"))
}

/// What an unwelcome status means. Of the body nothing is shown: it is not ours.
fn refused(answer: &Answer, place: &str) -> String {
    let meaning = match answer.status {
        401 | 403 => ": it does not accept the API key",
        404 => ": there is no such model, or the base of the API is another one",
        429 => ": it has too much to do, or the account’s limit is reached",
        500.. => ": it has trouble of its own",
        _ => "",
    };
    format!("answers {place} with {}{meaning}", answer.status)
}

/// A provider's word, of a bounded length.
fn short(text: String) -> String {
    if text.chars().count() <= 250 { text } else { text.chars().take(250).collect() }
}
