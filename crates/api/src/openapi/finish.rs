//! What is the same for the whole document: how to authenticate, the form of
//! errors, and the order of its parts.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON: what is not there reads as null, and is made where it is written; a test reads the whole"
)]

use super::operation;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use weighhouse_types::error::{Code, Problem};

const ABOUT: &str = "Version, compare, approve, deploy and audit machine-learning models. \
    References are tenant/project/model@N. Lists come in pages: pass `next` as `cursor`. \
    What goes wrong is a problem document (RFC 9457) that says what is wrong and what to do. \
    A POST with an `Idempotency-Key` may be sent again: it has one effect and one answer.";

/// The parts of the API, in the order in which they are read.
const TAGS: &[(&str, &str)] = &[
    ("account", "One's own login: sessions, password, address."),
    ("identity", "Who calls: API tokens, and the JWTs that they are exchanged for."),
    ("tenancy", "Clients (tenants), and everything that you reach."),
    ("agencies", "Agencies that you work at."),
    ("staff", "The people who work at an agency, and invitations to."),
    ("members", "People of a client: members, roles and invitations."),
    ("projects", "Projects, the folders of models."),
    ("models", "Models, of which there are versions."),
    ("versions", "Versions: immutable, numbered, identified by the digest of their context."),
    ("annotations", "What people say of models and versions, outside any digest, and aliases."),
    ("datasets", "Versions of datasets: digest, schema and profile, and how two differ."),
    ("pipelines", "Versions of feature pipelines."),
    ("attestations", "What is attested about versions, and whose signatures are trusted."),
    ("files", "Files of versions, on their way in and out."),
    ("pins", "Watches on providers of language models, and alerts when they change."),
    ("promotions", "Requests to move a version to a stage, and decisions about them."),
    ("systems", "Systems of versions: what they hold, and which combinations are known to work."),
    ("lineage", "What a version came from, and what became of it."),
    ("production", "What is in production, was on a date, and the way back."),
    ("audit", "The append-only logs of clients and agencies."),
    ("retention", "How long records are kept, and what sweeps removed."),
    ("holds", "Legal holds: what they cover is not removed."),
    ("jobs", "Work that failed, to try again or to give up."),
    ("installation", "The installation itself: first visit, mail, this document."),
    ("health", "Whether the process lives and its parts answer."),
];

/// Adds what the handlers do not say themselves.
pub(super) fn finish(mut document: Value) -> Value {
    document["info"] = json!({
        "title": "Weighhouse",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": "/", "description": "This installation"}]);
    document["security"] = json!([{"token": []}, {"session": []}]);
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token (`wh_…`), or the JWT that it was exchanged for.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-wh_session",
            "description": "The cookie of a signed-in browser (`wh_session` on plain http, which only loopback may). \
                Unsafe requests with it come from our own pages, or name our address as their `Origin`.",
        },
    });
    components["schemas"]["Problem"] = json!(Problem::schema());
    components["schemas"]["Code"] = json!(Code::schema());
    for code in Code::ALL {
        components["responses"][operation::response_name(*code)] = problem(*code);
    }
    compose(&mut document);
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, described) in item.as_object_mut().into_iter().flatten() {
            operation::finish(path, method, described);
            found.extend(described["tags"].as_array().into_iter().flatten().cloned());
        }
    }
    let used = |tag: &&(&str, &str)| found.iter().any(|name| name == tag.0);
    let known = TAGS.iter().filter(used).map(|(name, about)| json!({"name": name, "description": about}));
    document["tags"] = known.collect();
    document
}

/// What is composed of several has what each of them has: none of them may
/// refuse what it does not know itself.
fn compose(value: &mut Value) {
    if let Some(parts) = value.get_mut("allOf").and_then(Value::as_array_mut) {
        parts
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(|part| drop(part.remove("additionalProperties")));
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(compose),
        Value::Array(items) => items.iter_mut().for_each(compose),
        _ => {}
    }
}

/// The answer of a kind of refusal.
fn problem(code: Code) -> Value {
    let mut example = operation::example_of_schema("Problem").unwrap_or_default();
    if code != Code::Invalid {
        example = json!(Problem::new(code, detail(code)));
        example["request_id"] = json!("0199c2f49c557f00b0aa1b2c3d4e5f60");
    }
    let mut response = json!({
        "description": code.title(),
        "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": example,
        }},
    });
    if code == Code::InDoubt {
        // A status has one response: what may be in doubt may as well not have begun.
        let title = Code::Unavailable.title();
        response["description"] = json!(format!("{title} (unavailable), or: {} (in_doubt)", code.title()));
    }
    response
}

/// What a refusal of a kind says, for example.
const fn detail(code: Code) -> &'static str {
    match code {
        Code::Invalid => "The request is malformed.",
        Code::Unauthenticated => "Sign in, or send an API token as “Authorization: Bearer wh_…”.",
        Code::Forbidden => {
            "This API token lacks the scope ‘register’ that model.create needs. Make one that has it."
        }
        Code::NotFound => "There is no such tenant, or you have no access to it.",
        Code::NoSuchMethod => "This address answers to GET.",
        Code::Conflict => {
            "A request under this Idempotency-Key is at work. Wait a moment, then send it again under the same key."
        }
        Code::Gone => {
            "The files of this version were removed on 2026-11-25: the client keeps those of archived versions for 365 days."
        }
        Code::TooLarge => "The body is larger than 8388608 bytes.",
        Code::Mismatch => {
            "This Idempotency-Key was used for another request. Send that one unchanged, or take a new key."
        }
        Code::Throttled => "Too many attempts. Wait a minute, then try again.",
        Code::Internal => {
            "The server failed. What was asked did not happen. Tell the operator the request id."
        }
        Code::Unavailable => {
            "The database does not answer at the moment. Nothing was changed; try again shortly."
        }
        Code::InDoubt => {
            "The database went away while the change was being stored: it may have happened or not. Look before you send it again."
        }
    }
}
