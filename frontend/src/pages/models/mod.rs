//! A model: the five-minute question answered, its versions, and production
//! by time.

pub(crate) mod list;
pub(crate) mod server;
mod ticket;

use crate::components::card::Card;
use crate::components::chip::StageChip;
use crate::components::command::{Command, Digest};
use crate::components::field::Hidden;
use crate::components::format::{bytes, names};
use crate::components::frame::{Page, Tab};
use crate::components::gauge::GaugeLine;
use crate::components::icon::Icon;
use crate::components::note::{Empty, Note, Tone};
use crate::components::table::{Heads, NextPage, Scroll};
use crate::components::time::{Moment, When};
use crate::pages::annotations::SaidCard;
use crate::pages::pins::PinCard;
use crate::pages::systems::Compatibility;
use crate::{links, session};
use chrono::{DateTime, NaiveDateTime, Utc};
use leptos::prelude::*;
use server::ModelShown;
use std::collections::BTreeMap;
use ticket::Ticket;
use weighhouse_types::annotations::Annotations;
use weighhouse_types::context::Kind;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{PeriodCause, ProductionPeriod, VersionSummary};

#[component]
pub(crate) fn ModelPage() -> impl IntoView {
    let reference = ModelRef {
        tenant: session::param("tenant"),
        project: session::param("project"),
        model: session::param("model"),
    };
    let asked = session::query("at");
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let at = asked.as_deref().and_then(moment);
        let unreadable = asked.is_some() && at.is_none();
        let shown = server::model(&ctx, reference, at, cursor).await?;
        let (tenant, reference) = (shown.tenant.clone(), shown.reference.clone());
        let project = links::project(&reference.tenant, &reference.project);
        let body = view! { <ModelView shown=shown at=at unreadable=unreadable /> };
        Ok(Page::of(tenant, Tab::Models, reference.model, body).under(reference.project, project))
    })
}

/// A moment as the form sends it (in UTC, to the minute), or in RFC 3339.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let local = |form: &str| NaiveDateTime::parse_from_str(text, form).map(|at| at.and_utc());
    zoned.or_else(|_| local("%Y-%m-%dT%H:%M")).or_else(|_| local("%Y-%m-%dT%H:%M:%S")).ok()
}

#[component]
fn ModelView(shown: ModelShown, at: Option<DateTime<Utc>>, unreadable: bool) -> impl IntoView {
    let ModelShown {
        tenant,
        reference,
        model,
        versions,
        answer,
        produced,
        before,
        periods,
        combinations,
        pin,
    } = shown;
    let address = links::model(&reference);
    let pushes = allows(tenant.role, Action::VersionRegister);
    let edits = allows(tenant.role, Action::Annotate);
    let (reference_text, named) = (reference.to_string(), reference.clone());
    let said =
        Annotations { description: model.description.clone(), tags: model.tags.clone(), aliases: Vec::new() };
    let sets = allows(tenant.role, Action::PinManage);
    let push = match model.kind {
        Kind::Llm => format!("wh push --model {reference} --context context.toml"),
        Kind::System => format!("wh push --model {reference} --context system.toml"),
        Kind::Model => format!("wh push ./my-model --model {reference}"),
    };
    view! {
        <div class="head">
            <h1>{model.name.clone()}</h1>
            {(!model.description.is_empty())
                .then(|| view! { <p class="head-sub said-text">{model.description.clone()}</p> })}
        </div>
        {unreadable
            .then(|| {
                view! {
                    <div class="flash">
                        <Note tone=Tone::Warn>
                            "That moment could not be read. This is the answer for now."
                        </Note>
                    </div>
                }
            })}
        <div class="cols">
            <div class="stack">
                <Ticket
                    reference=reference.clone()
                    answer=answer
                    version=produced
                    before=before
                    asked=at.is_some()
                />
                <Versions
                    versions=versions.items
                    next=versions.next
                    address=address.clone()
                    push=push.clone()
                />
                <Compatibility combinations=combinations />
                {pin.map(|pin| view! { <PinCard pin=pin of=reference.clone() sets=sets /> })}
                <Periods periods=periods reference=reference />
            </div>
            <aside class="rail">
                <AsOfForm address=address at=at />
                <SaidCard of=reference_text said=said edits=edits />
                <AliasesOf reference=named aliases=model.aliases />
                {pushes
                    .then(|| {
                        view! {
                            <Card id="next" icon="terminal" title="Next version">
                                <div class="card-body">
                                    <Command lines=vec![push] />
                                </div>
                            </Card>
                        }
                    })}
            </aside>
        </div>
    }
}

/// Names that stand for versions. They are given on a version's page.
#[component]
fn AliasesOf(reference: ModelRef, aliases: BTreeMap<String, u32>) -> impl IntoView {
    (!aliases.is_empty()).then(|| {
        let rows = aliases
            .into_iter()
            .map(|(alias, number)| {
                let href = links::version(&VersionRef { model: reference.clone(), number });
                view! {
                    <li class="row">
                        <code>{format!("@{alias}")}</code>
                        <a href=href>{format!("version {number}")}</a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <Card id="aliases" icon="at-sign" title="Aliases">
                <div class="card-body">
                    <ul class="plain">{rows}</ul>
                </div>
            </Card>
        }
    })
}

/// Asks what was in production at another moment.
#[component]
fn AsOfForm(address: String, at: Option<DateTime<Utc>>) -> impl IntoView {
    let back = at.is_some().then(|| address.clone());
    let shown = at.unwrap_or_else(Utc::now).format("%Y-%m-%dT%H:%M").to_string();
    view! {
        <Card id="as-of" icon="clock" title="As of">
            <form method="get" action=address class="card-body form">
                <div class="field">
                    <label for="at">"What was in production on"</label>
                    <input
                        class="input"
                        type="datetime-local"
                        id="at"
                        name="at"
                        value=shown
                        required=true
                        aria-describedby="at-hint"
                    />
                    <span class="hint" id="at-hint">
                        "Date and time in UTC. The answer has its own address."
                    </span>
                </div>
                <div class="row">
                    <button type="submit" class="btn">
                        "Look it up"
                    </button>
                    {back.map(|back| view! { <a href=back>"Back to now"</a> })}
                </div>
            </form>
        </Card>
    }
}

#[component]
fn Versions(
    versions: Vec<VersionSummary>,
    next: Option<String>,
    address: String,
    push: String,
) -> impl IntoView {
    if versions.is_empty() {
        return view! {
            <section class="card">
                <Empty icon="box" title="No version yet">
                    <p>"The next push makes version 1:"</p>
                    <Command lines=vec![push] />
                </Empty>
            </section>
        }
        .into_any();
    }
    let tenant = versions.first().map(|version| version.reference.model.tenant.clone()).unwrap_or_default();
    let several = versions.len() > 1;
    let rows = versions
        .into_iter()
        .map(|version| view! { <VersionRow version=version chosen=several /> })
        .collect_view();
    view! {
        <Card id="versions" title="Versions">
            <form id="compare" method="get" action=links::compare(&tenant, &[], false)>
                <Hidden name="newest" value="1" />
                {several
                    .then(|| {
                        view! {
                            <div class="card-body row">
                                <button type="submit" class="btn btn-small">
                                    <Icon name="scale" />
                                    "Compare"
                                </button>
                                <span class="hint">"Tick two to five versions."</span>
                            </div>
                        }
                    })}
            </form>
            <Scroll label="Table of versions">
                <table class="table">
                    <Heads columns=&[
                        ("Version", ""),
                        ("Stage", ""),
                        ("Digest", ""),
                        ("Context", ""),
                        ("Size", "r"),
                        ("Author", ""),
                        ("Registered", ""),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            <NextPage path=address next=next words="Older versions" />
        </Card>
    }
    .into_any()
}

#[component]
fn VersionRow(version: VersionSummary, chosen: bool) -> impl IntoView {
    let VersionRef { model, number } = &version.reference;
    let value = format!("{}/{}@{number}", model.project, model.model);
    let label = format!("Compare version {number}");
    view! {
        <tr>
            <th scope="row" class="nowrap">
                {chosen
                    .then(|| {
                        view! {
                            <input class="tick" type="checkbox" form="compare" name="v" value=value aria-label=label />
                        }
                    })}
                <a href=links::version(&version.reference)>
                    {format!("version {}", version.reference.number)}
                </a>
            </th>
            <td>
                <StageChip stage=version.stage />
            </td>
            <td>
                <Digest digest=version.digest of="the version" short=true />
            </td>
            <td>
                <GaugeLine completeness=version.completeness />
            </td>
            <td class="r nowrap">{bytes(version.size)}</td>
            <td class="nowrap">{version.author}</td>
            <td class="nowrap">
                <When at=version.created_at />
            </td>
        </tr>
    }
}

#[component]
fn Periods(periods: Vec<ProductionPeriod>, reference: ModelRef) -> impl IntoView {
    (!periods.is_empty()).then(|| {
        let rows = periods
            .into_iter()
            .map(|period| {
                let version = VersionRef { model: reference.clone(), number: period.number };
                view! { <PeriodRow period=period address=links::version(&version) /> }
            })
            .collect_view();
        view! {
            <Card id="periods" icon="history" title="Production by time">
                <Scroll label="Table of production by time">
                    <table class="table table-tight">
                        <Heads columns=&[
                            ("Version", ""),
                            ("From (UTC)", ""),
                            ("Until (UTC)", ""),
                            ("Began by", ""),
                            ("Approved by", ""),
                            ("Reason", "wide"),
                        ] />
                        <tbody>{rows}</tbody>
                    </table>
                </Scroll>
            </Card>
        }
    })
}

#[component]
fn PeriodRow(period: ProductionPeriod, address: String) -> impl IntoView {
    let until = match period.until {
        Some(at) => {
            let how = period.ended_by.filter(|cause| *cause == PeriodCause::Rollback);
            view! {
                <Moment at=at />
                {how.map(|_| view! { <span class="sub">"rolled back"</span> })}
            }
            .into_any()
        }
        None => "still".into_any(),
    };
    let approved = match period.approved_by.as_slice() {
        [] => "–".to_owned(),
        people => names(people),
    };
    view! {
        <tr>
            <th scope="row" class="nowrap">
                <a href=address>{format!("version {}", period.number)}</a>
            </th>
            <td>
                <Moment at=period.from />
            </td>
            <td>{until}</td>
            <td class="nowrap">
                {cause_word(period.began_by)}
                <span class="sub">{format!("by {}", period.requested_by)}</span>
            </td>
            <td>{approved}</td>
            <td>{period.reason}</td>
        </tr>
    }
}

/// What began or ended a period, as a word.
const fn cause_word(cause: PeriodCause) -> &'static str {
    match cause {
        PeriodCause::Promotion => "Promotion",
        PeriodCause::Rollback => "Rollback",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_from_the_form_and_from_links() {
        let expected = "2026-03-12T09:14:00Z".parse::<DateTime<Utc>>().ok();
        for text in
            ["2026-03-12T09:14", "2026-03-12T09:14:00", "2026-03-12T09:14:00Z", "2026-03-12T10:14:00+01:00"]
        {
            assert_eq!(moment(text), expected, "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
