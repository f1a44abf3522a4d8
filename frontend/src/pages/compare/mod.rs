//! Versions side by side. What is compared stands in the address, so that it
//! can be sent to somebody else.

mod measured;
mod parts;
mod prompts;
mod server;
mod table;

use crate::components::card::Card;
use crate::components::chip::StageChip;
use crate::components::command::{Command, Digest};
use crate::components::field::Hidden;
use crate::components::frame::{Page, Tab};
use crate::components::gauge::GaugeLine;
use crate::components::icon::Icon;
use crate::components::note::{Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::components::time::When;
use crate::{links, session};
use leptos::prelude::*;
use measured::Measurements;
use parts::{Files, Parts};
use prompts::Prompts;
use weighhouse_types::compare::{Comparison, VERSIONS_MAX, VERSIONS_MIN};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::VersionSummary;

#[component]
pub(crate) fn ComparePage() -> impl IntoView {
    let slug = session::param("tenant");
    let mut asked = session::query_all("v");
    let all = session::query("all").is_some();
    let newest_first = session::query("newest").is_some();
    session::page(async move |ctx| {
        let tenant = server::tenant(&ctx, &slug).await?;
        if newest_first {
            // From a list with the newest on top: the oldest is what others are compared with.
            asked.reverse();
            session::redirect(&links::compare(&slug, &asked, all));
        }
        if asked.len() < VERSIONS_MIN {
            let body = view! { <Choose slug=slug asked=asked /> };
            return Ok(Page::of(tenant, Tab::Models, "Compare", body));
        }
        let comparison = server::comparison(&ctx, &slug, &asked, all).await?;
        let title = format!("Compare {}", comparison.labels().join(", "));
        let model = one_model(&comparison).map(|version| version.model.clone());
        let page = Page::of(tenant, Tab::Models, title, view! { <CompareView comparison=comparison /> });
        Ok(match model {
            Some(model) => {
                let project = links::project(&slug, &model.project);
                let address = links::model(&model);
                page.under(model.project, project).under(model.model, address)
            }
            None => page,
        })
    })
}

/// The first version, where all are of its model.
fn one_model(comparison: &Comparison) -> Option<&VersionRef> {
    let first = comparison.references().next()?;
    comparison.references().all(|version| version.model == first.model).then_some(first)
}

/// A version as the page's address writes it.
fn address_of(version: &VersionRef) -> String {
    format!("{}/{}@{}", version.model.project, version.model.model, version.number)
}

/// What is compared and what is shown of it, from which every link is made.
#[derive(Clone)]
struct Asked {
    slug: String,
    versions: Vec<String>,
    all: bool,
}

impl Asked {
    fn of(comparison: &Comparison) -> Self {
        let slug = comparison.references().next().map(|version| version.model.tenant.clone());
        let versions = comparison.references().map(address_of).collect();
        Self { slug: slug.unwrap_or_default(), versions, all: comparison.all }
    }

    fn showing(&self, all: bool) -> String {
        links::compare(&self.slug, &self.versions, all)
    }

    /// Without a version, or with it in front.
    fn without(&self, version: &str, front: bool) -> String {
        let front = front.then(|| version.to_owned());
        let rest = self.versions.iter().filter(|other| *other != version).cloned();
        links::compare(&self.slug, &front.into_iter().chain(rest).collect::<Vec<_>>(), self.all)
    }
}

#[component]
fn CompareView(comparison: Comparison) -> impl IntoView {
    let asked = Asked::of(&comparison);
    let labels = comparison.labels();
    let what = one_model(&comparison).map_or_else(|| "versions".to_owned(), |v| v.model.model.clone());
    let command = format!(
        "wh compare {}",
        comparison.references().map(|version| format!("\"{version}\"")).collect::<Vec<_>>().join(" ")
    );
    let same = comparison.is_same();
    view! {
        <div class="head">
            <div class="head-title">
                <h1>{format!("Compare {what}")}</h1>
                <span class="faint">{labels.join(" → ")}</span>
            </div>
            <Toggle asked=asked.clone() />
        </div>
        <div class="stack">
            {same
                .then(|| {
                    view! {
                        <Note tone=Tone::Plain>
                            "The versions have the same context, byte for byte."
                        </Note>
                    }
                })} <Compared versions=comparison.versions.clone() asked=asked.clone() labels=labels.clone() />
            <Measurements comparison=comparison.clone() /> <Parts comparison=comparison.clone() />
            <Prompts comparison=comparison.clone() /> <Files comparison=comparison />
            <Card id="take" icon="terminal" title="For a pull request">
                <div class="card-body stack-s">
                    <Command lines=vec![format!("{command} --markdown")] />
                    <p class="hint">
                        "Or the same as " <a href=links::compare_api(&asked.slug, &asked.versions, "markdown")>"Markdown"</a>
                        " or " <a href=links::compare_api(&asked.slug, &asked.versions, "json")>"JSON"</a> "."
                    </p>
                </div>
            </Card>
        </div>
    }
}

/// Differences only, or everything: two links, one of them where we are.
#[component]
fn Toggle(asked: Asked) -> impl IntoView {
    let way = |all: bool, words: &'static str| {
        let current = (asked.all == all).then_some("true");
        view! {
            <li>
                <a class="tab" href=asked.showing(all) aria-current=current>
                    {words}
                </a>
            </li>
        }
    };
    view! {
        <nav class="tabs page-tabs" aria-label="What is shown">
            <ul>{way(false, "Differences only")} {way(true, "Everything")}</ul>
        </nav>
    }
}

/// The versions themselves, and which of them is the base.
#[component]
fn Compared(versions: Vec<VersionSummary>, asked: Asked, labels: Vec<String>) -> impl IntoView {
    let more = versions.len() < VERSIONS_MAX;
    let removable = versions.len() > VERSIONS_MIN;
    let rows = versions
        .into_iter()
        .zip(labels)
        .enumerate()
        .map(|(at, (version, label))| {
            view! { <ComparedRow version=version label=label base=at == 0 removable=removable asked=asked.clone() /> }
        })
        .collect_view();
    view! {
        <Card id="versions" icon="scale" title="Versions">
            <Scroll label="Table of the versions that are compared">
                <table class="table cards">
                    <Heads columns=&[
                        ("Version", ""),
                        ("Stage", ""),
                        ("Digest", ""),
                        ("Context", ""),
                        ("Registered", ""),
                        ("", ""),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            {more.then(|| view! { <Add asked=asked /> })}
        </Card>
    }
}

#[component]
fn ComparedRow(
    version: VersionSummary,
    label: String,
    base: bool,
    removable: bool,
    asked: Asked,
) -> impl IntoView {
    let own = address_of(&version.reference);
    let to_front = asked.without(&own, true);
    let without = removable.then(|| asked.without(&own, false));
    view! {
        <tr>
            <th scope="row" class="nowrap">
                <a href=links::version(&version.reference)>{label.clone()}</a>
                {base.then(|| view! { <span class="sub">"the others are compared with it"</span> })}
            </th>
            <td data-label="Stage">
                <StageChip stage=version.stage />
            </td>
            <td data-label="Digest">
                <Digest digest=version.digest of="the version" short=true />
            </td>
            <td data-label="Context">
                <GaugeLine completeness=version.completeness />
            </td>
            <td data-label="Registered">
                <When at=version.created_at />
                <span class="sub">{format!("by {}", version.author)}</span>
            </td>
            <td>
                <div class="row">
                    {(!base)
                        .then(|| {
                            view! {
                                <a href=to_front aria-label=format!("Compare with this: {label}")>
                                    "Compare with this"
                                </a>
                            }
                        })}
                    {without
                        .map(|href| {
                            view! {
                                <a href=href aria-label=format!("Remove {label}")>
                                    "Remove"
                                </a>
                            }
                        })}
                </div>
            </td>
        </tr>
    }
}

/// One more version beside those that are there.
#[component]
fn Add(asked: Asked) -> impl IntoView {
    let last =
        asked.versions.last().and_then(|version| version.rsplit_once('@')).map(|(model, _)| model.to_owned());
    let hint = format!("{}@1", last.unwrap_or_else(|| "project/model".into()));
    let kept = asked.versions.iter().map(|version| view! { <Hidden name="v" value=version.clone() /> });
    view! {
        <form method="get" action=links::compare(&asked.slug, &[], false) class="card-foot row">
            {kept.collect_view()} {asked.all.then(|| view! { <Hidden name="all" value="1" /> })}
            <label for="add">"One more"</label>
            <input class="input input-auto" id="add" name="v" required=true placeholder=hint autocomplete="off" />
            <button type="submit" class="btn">
                <Icon name="plus" />
                "Add"
            </button>
        </form>
    }
}

/// Where too few versions were named.
#[component]
fn Choose(slug: String, asked: Vec<String>) -> impl IntoView {
    let field = move |at: usize, label: &'static str| {
        let value = asked.get(at).cloned().unwrap_or_default();
        let id = format!("v{at}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input
                    class="input"
                    id=id
                    name="v"
                    value=value
                    required=true
                    placeholder="project/model@1"
                    autocomplete="off"
                />
            </div>
        }
    };
    view! {
        <div class="head">
            <h1>"Compare versions"</h1>
            <p class="head-sub">
                "Two to five versions of this client, of any models. A model’s page offers its versions for choice."
            </p>
        </div>
        <Card id="choose" icon="scale" title="Which versions?">
            <form method="get" action=links::compare(&slug, &[], false) class="card-body form">
                {field(0, "Compare with")} {field(1, "This version")}
                <button type="submit" class="btn btn-primary">
                    "Compare"
                </button>
            </form>
        </Card>
    }
}
