//! A version of a feature pipeline.

use super::server::{self, VersionShown};
use super::used::{Other, Others, UsedByTable};
use crate::components::card::Card;
use crate::components::command::Digest;
use crate::components::frame::{Page, Tab};
use crate::components::table::{Fact, NextPage};
use crate::components::time::When;
use crate::{forms, links, session};
use leptos::prelude::*;
use weighhouse_types::datasets::{DataRef, Field, PipelineRecord, Registered};

#[component]
pub(crate) fn PipelinePage() -> impl IntoView {
    let (tenant, name, number) = (session::param("tenant"), session::param("name"), session::param("number"));
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let reference = DataRef { name, number: forms::id(&number, "pipeline")? };
        let shown = server::version::<PipelineRecord>(&ctx, &tenant, &reference, cursor).await?;
        let of = shown.tenant.clone();
        let all = links::tenant_page(&of.slug, "datasets");
        let page = Page::of(of, Tab::Data, reference.to_string(), view! { <PipelineView shown=shown /> });
        Ok(page.under("Data", all))
    })
}

#[component]
fn PipelineView(shown: VersionShown<PipelineRecord>) -> impl IntoView {
    let VersionShown { tenant, version, others } = shown;
    let slug = tenant.slug;
    let address = links::pipeline(&slug, &version.reference());
    let other = |other: Registered<PipelineRecord>| {
        let address = links::pipeline(&slug, &other.reference());
        Other { number: other.number, at: other.created_at, address, compare: None }
    };
    let all: Vec<Other> = others.items.into_iter().map(other).collect();
    let Registered { name, number, digest, author, created_at, record, used_by, .. } = version;
    let steps = record.steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view();
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
                <Card id="facts" icon="workflow" title="Feature pipeline">
                    <dl class="facts facts-plain">
                        {record
                            .code
                            .map(|code| {
                                view! {
                                    <Fact term="Code">
                                        <span class="mono">{code}</span>
                                    </Fact>
                                }
                            })}
                        {record
                            .content_digest
                            .map(|digest| {
                                view! {
                                    <Fact term="Artifact">
                                        <Digest digest=digest of="the artifact" />
                                    </Fact>
                                }
                            })} {record.note.map(|note| view! { <Fact term="Note">{note}</Fact> })}
                        <Fact term="Steps">
                            <ol class="plain">{steps}</ol>
                        </Fact> <Fact term="Takes">{fields(record.input)}</Fact>
                        <Fact term="Gives">{fields(record.output)}</Fact> <Fact term="Record">
                            <Digest digest=digest of="the record" />
                        </Fact>
                    </dl>
                </Card>
                <Card id="used-by" icon="box" title="Used by">
                    <UsedByTable used_by=used_by />
                </Card>
            </div>
            <aside class="rail">
                <Card id="versions" title="Versions">
                    <Others others=all current=number />
                    <NextPage path=address next=others.next words="Older versions" />
                </Card>
            </aside>
        </div>
    }
}

/// Names with their types, in one line.
fn fields(fields: Vec<Field>) -> String {
    let named: Vec<String> =
        fields.into_iter().map(|field| format!("{} ({})", field.name, field.kind)).collect();
    if named.is_empty() { "not said".into() } else { named.join(", ") }
}
