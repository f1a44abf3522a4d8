//! One operation: what it needs, what it answers, and how to call it.

use super::schema::{Field, constraints, fields, kind};
use super::{prose, text};
use crate::components::command::Command;
use crate::components::icon::Icon;
use crate::components::table::{Heads, Scroll};
use crate::links;
use leptos::prelude::*;
use serde_json::Value;

/// An operation of the document.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    described: &'static Value,
}

/// The operations of a part, by their address.
pub(super) fn operations(document: &'static Value, tag: &'static str) -> impl Iterator<Item = Operation> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, described)| Operation { method, path, described })
    });
    all.filter(move |operation| operation.list("tags").any(|name| name == tag))
}

impl Operation {
    pub(super) fn id(self) -> &'static str {
        text(self.described, "operationId")
    }

    pub(super) fn summary(self) -> &'static str {
        text(self.described, "summary")
    }

    fn list(self, key: &str) -> impl Iterator<Item = &'static Value> {
        self.described.get(key).and_then(Value::as_array).into_iter().flatten()
    }

    /// Whether it needs no login.
    fn open(self) -> bool {
        self.described.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty)
    }

    /// The type of the body that is sent, and its description.
    fn body(self) -> Option<(&'static str, &'static Value)> {
        content(self.described.get("requestBody")?)
    }

    /// A command that calls it, with examples in the places of its parts.
    fn command(self, url: &str) -> String {
        let mut path = self.path.to_owned();
        let mut headers = Vec::new();
        for parameter in self.list("parameters") {
            let (name, schema) = (text(parameter, "name"), parameter.get("schema"));
            let example = parameter.get("example").or_else(|| schema?.get("example"));
            match text(parameter, "in") {
                "path" => {
                    let example = example.map(plain).map(|example| links::encode(&example));
                    let example = example.unwrap_or_else(|| name.to_uppercase());
                    path = path.replace(&format!("{{{name}}}"), &example);
                }
                "header" if name == "Idempotency-Key" => headers.push(format!("\"{name}: $(uuidgen)\"")),
                "header" => {
                    headers.push(quoted(&format!("{name}: {}", example.map(plain).unwrap_or_default())))
                }
                _ => {}
            }
        }
        let mut line = "curl".to_owned();
        if self.method != "get" {
            line.push_str(&format!(" -X {}", self.method.to_uppercase()));
        }
        if !self.open() {
            line.push_str(" -H \"Authorization: Bearer $WH_TOKEN\"");
        }
        for header in headers {
            line.push_str(&format!(" -H {header}"));
        }
        match self.body() {
            Some(("application/json", body)) => {
                let example = body.get("example").map(Value::to_string).unwrap_or_default();
                line.push_str(&format!(" --json {}", quoted(&example)));
            }
            Some(_) => line.push_str(" --data-binary @FILE"),
            None => {}
        }
        format!("{line} {}", quoted(&format!("{url}{path}")))
    }
}

/// A text for a shell, in quotes where it needs them.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/:.-_%@".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A value as people write it: texts without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn content(of: &'static Value) -> Option<(&'static str, &'static Value)> {
    let (kind, body) = of.get("content")?.as_object()?.iter().next()?;
    Some((kind, body))
}

#[component]
pub(super) fn OperationView(document: &'static Value, operation: Operation, url: String) -> impl IntoView {
    let id = operation.id();
    let heading = format!("{id}-title");
    let about = text(operation.described, "description");
    let about = (!about.is_empty()).then(|| view! { <p>{prose(about)}</p> });
    let sends = operation.body().map(|(kind, body)| {
        view! { <Body document=document id=id heading="It is sent" kind=kind body=body open=true /> }
    });
    let gives = operation.described.get("responses").and_then(Value::as_object).into_iter().flatten();
    let gives =
        gives.filter(|(status, _)| status.starts_with('2')).filter_map(|(_, answer)| content(answer)).next();
    let gives = gives.map(|(kind, body)| {
        view! { <Body document=document id=id heading="It answers" kind=kind body=body open=false /> }
    });
    view! {
        <section class="card" id=id aria-labelledby=heading.clone()>
            <div class="card-head">
                <span class="method">{operation.method.to_uppercase()}</span>
                <h2 id=heading.clone()>{prose(operation.summary())}</h2>
                <code class="push small faint path">{operation.path}</code>
            </div>
            <div class="card-body stack-s">
                {about} {operation.open().then(|| view! { <p class="dim">"It needs no login."</p> })}
                <Command lines=vec![operation.command(&url)] />
            </div>
            <Parameters document=document operation=operation />
            {sends}
            {gives}
            <Statuses document=document operation=operation />
        </section>
    }
}

#[component]
fn Parameters(document: &'static Value, operation: Operation) -> impl IntoView {
    let parameters: Vec<Field> = operation
        .list("parameters")
        .map(|parameter| {
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            let about =
                [text(parameter, "description").trim_end_matches('.').to_owned(), constraints(schema)];
            Field {
                name: text(parameter, "name").to_owned(),
                kind: format!("{} · {}", text(parameter, "in"), kind(document, schema)),
                required: parameter.get("required") == Some(&Value::Bool(true)),
                about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
            }
        })
        .collect();
    let label = format!("Parameters of {}", operation.id());
    (!parameters.is_empty()).then(|| view! { <FieldTable label=label fields=parameters /> })
}

#[component]
fn FieldTable(label: String, fields: Vec<Field>) -> impl IntoView {
    let rows = fields
        .into_iter()
        .map(|field| {
            let needed = field.required.then(|| view! { <span class="small faint">" needed"</span> });
            view! {
                <tr>
                    <th scope="row">
                        <code>{field.name}</code>
                        {needed}
                    </th>
                    <td data-label="Type">{field.kind}</td>
                    <td data-label="Meaning">{prose(&field.about)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Scroll label=label>
            <table class="table cards table-even-3">
                <Heads columns=&[("Name", ""), ("Type", ""), ("Meaning", "")] />
                <tbody>{rows}</tbody>
            </table>
        </Scroll>
    }
}

/// A body: an example, and its fields.
#[component]
fn Body(
    document: &'static Value,
    id: &'static str,
    heading: &'static str,
    kind: &'static str,
    body: &'static Value,
    /// Whether the fields are shown at once.
    open: bool,
) -> impl IntoView {
    let schema = body.get("schema").unwrap_or(&Value::Null);
    let fields = fields(document, schema);
    let example = body.get("example").and_then(|example| serde_json::to_string_pretty(example).ok());
    let example = example.map(|example| {
        let label = format!("Example: {heading}, {id}");
        view! {
            <pre class="raw" tabindex="0" role="region" aria-label=label>
                {example}
            </pre>
        }
    });
    let label = format!("Fields: {heading}, {id}");
    let table = (!fields.is_empty()).then(|| {
        view! {
            <details class="fold" open=open>
                <summary>
                    <Icon name="chevron-right" />
                    "Fields"
                </summary>
                <FieldTable label=label fields=fields />
            </details>
        }
    });
    view! {
        <div class="card-body stack-s">
            <h3>
                {heading} " " <span class="small faint">{kind}</span>
            </h3>
            {example}
        </div>
        {table}
    }
}

/// How it may end: what it made, and what it refuses.
#[component]
fn Statuses(document: &'static Value, operation: Operation) -> impl IntoView {
    let responses = operation.described.get("responses").and_then(Value::as_object).into_iter().flatten();
    let items = responses
        .map(|(status, response)| {
            let said = super::schema::resolve(document, response);
            view! {
                <li>
                    <code>{status.clone()}</code>
                    " "
                    {text(said, "description").to_owned()}
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="card-foot">
            <ul class="statuses small dim" aria-label="How it may end">
                {items}
            </ul>
        </div>
    }
}
