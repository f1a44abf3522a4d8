//! A version of a dataset: what it is, what its columns hold, and what was
//! made of it.

use super::histogram::{Histogram, percent, value};
use super::server::{self, VersionShown};
use super::used::{Other, Others, UsedByTable};
use crate::components::card::Card;
use crate::components::command::Digest;
use crate::components::format::{count, plural};
use crate::components::frame::{Page, Tab};
use crate::components::table::{Fact, Heads, NextPage, Scroll};
use crate::components::time::When;
use crate::{forms, links, session};
use leptos::prelude::*;
use weighhouse_types::datasets::{
    ColumnProfile, DataRef, DatasetRecord, Field, Numbers, Profile, Registered,
};

/// Frequent values that are written out.
const VALUES: usize = 3;

#[component]
pub(crate) fn DatasetPage() -> impl IntoView {
    let (tenant, name, number) = (session::param("tenant"), session::param("name"), session::param("number"));
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let reference = DataRef { name, number: forms::id(&number, "dataset")? };
        let shown = server::version::<DatasetRecord>(&ctx, &tenant, &reference, cursor).await?;
        let of = shown.tenant.clone();
        let all = links::tenant_page(&of.slug, "datasets");
        let page = Page::of(of, Tab::Data, reference.to_string(), view! { <VersionView shown=shown /> });
        Ok(page.under("Data", all))
    })
}

#[component]
fn VersionView(shown: VersionShown<DatasetRecord>) -> impl IntoView {
    let VersionShown { tenant, version, others } = shown;
    let slug = tenant.slug;
    let here = version.reference();
    let address = links::dataset(&slug, &here);
    let context = format!("[[data]]\nname = \"{}\"\nversion = \"{here}\"", here.name);
    let other = |other: Registered<DatasetRecord>| {
        let reference = other.reference();
        // What is older is the measure for what is newer.
        let (from, to) =
            if reference.number < here.number { (&reference, &here) } else { (&here, &reference) };
        let compare = Some(links::drift(&slug, from, to));
        Other {
            number: other.number,
            at: other.created_at,
            address: links::dataset(&slug, &reference),
            compare,
        }
    };
    let all: Vec<Other> = others.items.into_iter().map(other).collect();
    let Registered { number, digest, author, created_at, record, used_by, name, .. } = version;
    let schema = record.profile.is_none().then(|| record.schema.clone());
    view! {
        <div class="head">
            <div class="head-title">
                <h1>{name} <span class="faint">"@"</span> {number}</h1>
            </div>
            <div class="head-sub">
                <p>{format!("Registered by {author}, ")} <When at=created_at /></p>
            </div>
        </div>
        <div class="cols">
            <div class="stack">
                <Facts record=record.clone() digest=digest />
                {record
                    .profile
                    .map(|profile| view! { <ProfileCard profile=profile schema=record.schema.clone() /> })}
                {schema.filter(|schema| !schema.is_empty()).map(|schema| view! { <SchemaCard schema=schema /> })}
                <Card id="used-by" icon="box" title="Used by">
                    <UsedByTable used_by=used_by />
                </Card>
            </div>
            <aside class="rail">
                <Card id="versions" title="Versions">
                    <Others others=all current=number />
                    <NextPage path=address next=others.next words="Older versions" />
                </Card>
                <Card id="name-it" icon="terminal" title="Name it in a context">
                    <div class="card-body stack-s">
                        <pre class="raw">{context}</pre>
                        <p class="hint">"Refused at registration if the digest beside it says otherwise."</p>
                    </div>
                </Card>
            </aside>
        </div>
    }
}

#[component]
fn Facts(record: DatasetRecord, digest: String) -> impl IntoView {
    let texts = vec![
        ("Split", record.split),
        ("Rows", record.rows.map(count)),
        ("Covers", record.time_range.map(|range| format!("{} to {}", range.from, range.until))),
        ("Snapshot", record.snapshot),
        ("Note", record.note),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(term, text)| text.map(|text| view! { <Fact term=term>{text}</Fact> }))
        .collect_view();
    view! {
        <Card id="facts" icon="database" title="Dataset">
            <dl class="facts facts-plain">
                {record
                    .content_digest
                    .map(|digest| {
                        view! {
                            <Fact term="Data">
                                <Digest digest=digest of="the data" />
                            </Fact>
                        }
                    })}
                {record
                    .uri
                    .map(|uri| {
                        view! {
                            <Fact term="Where">
                                <span class="mono">{uri}</span>
                            </Fact>
                        }
                    })} {texts} <Fact term="Record">
                    <Digest digest=digest of="the record" />
                </Fact>
            </dl>
        </Card>
    }
}

#[component]
fn ProfileCard(profile: Profile, schema: Vec<Field>) -> impl IntoView {
    let left_out: Vec<String> = schema
        .iter()
        .filter(|field| !profile.columns.iter().any(|column| column.name == field.name))
        .map(|field| format!("{} ({})", field.name, field.kind))
        .collect();
    let columns = plural(u64::try_from(profile.columns.len()).unwrap_or(0), "column");
    let rows = profile
        .columns
        .into_iter()
        .map(|column| {
            let stored =
                schema.iter().find(|field| field.name == column.name).map(|field| field.kind.clone());
            view! { <ColumnRow column=column stored=stored /> }
        })
        .collect_view();
    view! {
        <section class="card" id="profile" aria-labelledby="profile-title">
            <div class="card-head">
                <h2 id="profile-title">"Profile"</h2>
                <span class="push">{columns}</span>
            </div>
            <Scroll label="Columns and what they hold">
                <table class="table table-tight profile">
                    <Heads columns=&[
                        ("Column", ""),
                        ("Missing", "r"),
                        ("Distinct", "r"),
                        ("Distribution", ""),
                        ("Values", "wide"),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            {(!left_out.is_empty())
                .then(|| {
                    view! {
                        <p class="card-body dim">
                            {format!("Without a profile, because a row may hold many values: {}.", left_out.join(", "))}
                        </p>
                    }
                })}
        </section>
    }
}

#[component]
fn ColumnRow(column: ColumnProfile, stored: Option<String>) -> impl IntoView {
    let missing = percent(column.missing_share());
    let kind = column.kind;
    let sub = stored.filter(|stored| stored != kind.as_str()).unwrap_or_else(|| kind.to_string());
    let words = match &column.numbers {
        Some(numbers) => vec![spread(&column, numbers)],
        None => frequent(&column),
    };
    let words = words.into_iter().map(|line| view! { <span class="line">{line}</span> }).collect_view();
    view! {
        <tr>
            <th scope="row">
                {column.name.clone()} <span class="sub">{sub}</span>
            </th>
            <td class="r">{missing}</td>
            <td class="r">{count(column.distinct)}</td>
            <td>
                <Histogram column=column />
            </td>
            <td class="small">{words}</td>
        </tr>
    }
}

/// Where numbers lie, in words.
fn spread(column: &ColumnProfile, numbers: &Numbers) -> String {
    let of = |number| value(column.kind, number);
    let ends = format!("{} to {}", of(numbers.min), of(numbers.max));
    if column.kind == weighhouse_types::datasets::ColumnKind::Time {
        return ends;
    }
    format!("{ends}, mean {}, std {}", of(numbers.mean), of(numbers.std))
}

/// The most frequent words with their shares.
fn frequent(column: &ColumnProfile) -> Vec<String> {
    let share = |count| percent(super::histogram::part(count, column.count));
    let words = column.top.iter().take(VALUES).map(|top| format!("{} {}", top.value, share(top.count)));
    let words: Vec<String> = words.collect();
    match words.is_empty() {
        true if column.count == 0 => vec!["no value at all".into()],
        true => vec!["none is frequent".into()],
        false => vec![words.join(" · ")],
    }
}

#[component]
fn SchemaCard(schema: Vec<Field>) -> impl IntoView {
    let fields = schema
        .into_iter()
        .map(|field| {
            view! {
                <Fact term=field.name>
                    <span class="mono">{field.kind}</span>
                </Fact>
            }
        })
        .collect_view();
    view! {
        <Card id="schema" title="Schema">
            <dl class="facts facts-plain">{fields}</dl>
        </Card>
    }
}
