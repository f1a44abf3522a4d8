//! Which entries of a log a page shows: kept in its address.

use crate::components::field::{SelectField, TextField};
use crate::{links, session};
use chrono::{Days, NaiveDate, NaiveTime};
use leptos::prelude::*;
use weighhouse_types::audit::AuditQuery;

/// What the form asks for, as it was typed.
#[derive(Clone, Default)]
pub(super) struct Filter {
    /// First day, in UTC.
    from: Option<String>,
    /// Last day, in UTC.
    to: Option<String>,
    actor: Option<String>,
    event: Option<String>,
    model: Option<String>,
}

impl Filter {
    /// What the request's query asks for.
    pub(super) fn of_request() -> Self {
        Self {
            from: session::query("from"),
            to: session::query("to"),
            actor: session::query("actor"),
            event: session::query("event"),
            model: session::query("model"),
        }
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let Self { from, to, actor, event, model } = self;
        let fields = [("from", from), ("to", to), ("actor", actor), ("event", event), ("model", model)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields().next().is_none()
    }

    /// A page's path with this filter.
    pub(super) fn address(&self, path: &str) -> String {
        let fields: Vec<_> =
            self.fields().map(|(name, value)| format!("{name}={}", links::encode(value))).collect();
        if fields.is_empty() { path.to_owned() } else { format!("{path}?{}", fields.join("&")) }
    }

    /// The entries that it asks for. What is no day asks for any.
    pub(super) fn query(&self, cursor: Option<String>) -> AuditQuery {
        let day = |text: &Option<String>| NaiveDate::parse_from_str(text.as_deref()?, "%Y-%m-%d").ok();
        let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        AuditQuery {
            cursor,
            limit: None,
            since: day(&self.from).map(begin),
            until: day(&self.to).and_then(|day| day.checked_add_days(Days::new(1))).map(begin),
            actor: self.actor.clone(),
            event: self.event.clone(),
            model: self.model.clone(),
        }
    }
}

/// Kinds of events that are asked for most: the first words of their names.
const KINDS: &[(&str, &str)] = &[
    ("version", "Versions"),
    ("promotion", "Promotions and approvals"),
    ("production", "Rollbacks"),
    ("model", "Models"),
    ("project", "Projects"),
    ("member", "Members"),
    ("invitation", "Invitations"),
    ("token", "API tokens"),
    ("session", "Sign-ins"),
];

/// Asks for other entries. It sends a query, so that the answer has an address.
#[component]
pub(super) fn FilterForm(filter: Filter, address: String, models: bool) -> impl IntoView {
    let all = (!filter.is_empty()).then(|| address.clone());
    let Filter { from, to, actor, event, model } = filter;
    let event = event.unwrap_or_default();
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let mut kinds = vec![option("", "Everything")];
    kinds.extend(KINDS.iter().map(|(kind, words)| option(kind, words)));
    // An address may name a kind that the list has not.
    if !kinds.iter().any(|(kind, _)| *kind == event) {
        kinds.push(option(&event, &event));
    }
    let model = models.then(|| {
        view! { <TextField name="model" label="Model (client/project/model)" value=model.unwrap_or_default() /> }
    });
    view! {
        <section class="card" aria-label="Filter">
            <form method="get" action=address class="card-body form">
                <div class="form-row">
                    <TextField name="from" label="From (day, UTC)" kind="date" value=from.unwrap_or_default() />
                    <TextField name="to" label="To (that day included)" kind="date" value=to.unwrap_or_default() />
                    <TextField name="actor" label="Who (name or e-mail)" value=actor.unwrap_or_default() />
                    <SelectField name="event" label="What" options=kinds value=event />
                    {model}
                </div>
                <div class="row">
                    <button type="submit" class="btn">
                        "Show"
                    </button>
                    {all.map(|all| view! { <a href=all>"Show everything"</a> })}
                </div>
            </form>
        </section>
    }
}
