//! The list of models: filtered, sorted and paged by the server, all of it in
//! the address.

use super::server;
use crate::components::chip::{Chip, StageChip, stage_name};
use crate::components::field::{SelectField, TextField};
use crate::components::frame::{Page, Tab};
use crate::components::models::{ModelLine, ModelRow};
use crate::components::note::Empty;
use crate::components::table::{Heads, NextPage};
use crate::{links, session};
use leptos::prelude::*;
use weighhouse_types::context::Kind;
use weighhouse_types::models::{Model, ModelQuery, ModelSort};
use weighhouse_types::page;
use weighhouse_types::reference::ModelRef;
use weighhouse_types::versions::Stage;

/// What the form asks for, as it was typed.
#[derive(Clone, Default)]
pub(crate) struct Filter {
    name: Option<String>,
    kind: Option<String>,
    stage: Option<String>,
    tag: Option<String>,
    sort: Option<String>,
}

impl Filter {
    /// What the request's query asks for.
    pub(crate) fn of_request() -> Self {
        Self {
            name: session::query("name"),
            kind: session::query("kind"),
            stage: session::query("stage"),
            tag: session::query("tag"),
            sort: session::query("sort"),
        }
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let Self { name, kind, stage, tag, sort } = self;
        let fields = [("name", name), ("kind", kind), ("stage", stage), ("tag", tag), ("sort", sort)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields().next().is_none()
    }

    /// A page's path with this filter.
    pub(crate) fn address(&self, path: &str) -> String {
        self.fields().fold(path.to_owned(), |path, (name, value)| {
            let joint = if path.contains('?') { '&' } else { '?' };
            format!("{path}{joint}{name}={}", links::encode(value))
        })
    }

    /// The models that it asks for. What is no kind, stage or order asks for any.
    pub(crate) fn query(&self, project: Option<&str>, cursor: Option<String>) -> ModelQuery {
        ModelQuery {
            cursor,
            limit: None,
            project: project.map(str::to_owned),
            name: self.name.clone(),
            kind: self.kind.as_ref().and_then(|kind| kind.parse().ok()),
            stage: self.stage.as_ref().and_then(|stage| stage.parse().ok()),
            tag: self.tag.clone(),
            sort: self.sort.as_ref().and_then(|sort| sort.parse().ok()),
        }
    }
}

/// All models of a client.
#[component]
pub(crate) fn ModelsPage() -> impl IntoView {
    let slug = session::param("tenant");
    let filter = Filter::of_request();
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let (tenant, models) = server::models(&ctx, &slug, &filter.query(None, cursor)).await?;
        let body = view! {
            <div class="head">
                <h1>"Models"</h1>
            </div>
            <div class="stack">
                <ModelList tenant=slug.clone() models=models filter=filter />
            </div>
        };
        Ok(Page::of(tenant, Tab::Models, "Models", body))
    })
}

/// Models with the form that filters them, of a client or one of its projects.
#[component]
pub(crate) fn ModelList(
    tenant: String,
    #[prop(optional, into)] project: Option<String>,
    models: page::Page<Model>,
    filter: Filter,
) -> impl IntoView {
    let address = match &project {
        Some(project) => links::project(&tenant, project),
        None => links::tenant_page(&tenant, "models"),
    };
    let table = match &project {
        Some(project) => format!("{}?project={}", links::models_csv(&tenant), links::encode(project)),
        None => links::models_csv(&tenant),
    };
    let csv = filter.address(&table);
    let here = filter.address(&address);
    let content = if models.items.is_empty() {
        view! {
            <Empty icon="box" title="No model is like this">
                <p>"Ask for less above, or show all models."</p>
            </Empty>
        }
        .into_any()
    } else {
        view! { <StagesTable tenant=tenant models=models.items projects=project.is_none() /> }.into_any()
    };
    view! {
        <FilterForm filter=filter address=address />
        <section class="card" aria-label="Models">
            {content}
            <NextPage path=here next=models.next words="More models" />
            <p class="card-foot">
                <a href=csv download="">
                    "Take this list along as CSV"
                </a>
            </p>
        </section>
    }
}

const SORTS: &[(ModelSort, &str)] = &[
    (ModelSort::Name, "Name"),
    (ModelSort::NameBack, "Name, from the end"),
    (ModelSort::Newest, "Newest first"),
    (ModelSort::Oldest, "Oldest first"),
    (ModelSort::Versions, "Most versions first"),
];

/// Asks for other models. It sends a query, so that the answer has an address.
#[component]
fn FilterForm(filter: Filter, address: String) -> impl IntoView {
    let all = (!filter.is_empty()).then(|| address.clone());
    let Filter { name, kind, stage, tag, sort } = filter;
    let any = || vec![(String::new(), "Any".to_owned())];
    let kinds = Kind::ALL.iter().map(|kind| (kind.to_string(), kind_name(*kind).to_owned()));
    let stages = Stage::ALL.iter().map(|stage| (stage.to_string(), stage_name(*stage).to_owned()));
    let sorts = SORTS.iter().map(|(sort, words)| (sort.to_string(), (*words).to_owned())).collect();
    view! {
        <section class="card" aria-label="Filter">
            <form method="get" action=address class="card-body form">
                <div class="form-row">
                    <TextField name="name" label="Name has" value=name.unwrap_or_default() />
                    <SelectField
                        name="kind"
                        label="Kind"
                        options=any().into_iter().chain(kinds).collect()
                        value=kind.unwrap_or_default()
                    />
                    <SelectField
                        name="stage"
                        label="With a version in"
                        options=any().into_iter().chain(stages).collect()
                        value=stage.unwrap_or_default()
                    />
                    <TextField
                        name="tag"
                        label="Tag"
                        placeholder="owner=Ann"
                        value=tag.unwrap_or_default()
                    />
                    <SelectField name="sort" label="Sorted by" options=sorts value=sort.unwrap_or_default() />
                </div>
                <div class="row">
                    <button type="submit" class="btn">
                        "Show"
                    </button>
                    {all.map(|all| view! { <a href=all>"Show all models"</a> })}
                </div>
            </form>
        </section>
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Model => "Model",
        Kind::Llm => "Language model",
        Kind::System => "System",
    }
}

#[component]
fn StagesTable(tenant: String, models: Vec<Model>, projects: bool) -> impl IntoView {
    let rows = models
        .into_iter()
        .map(|model| {
            let Model { name, project, description, kind, tags, production, latest, stages, .. } = model;
            let about = projects.then(|| project.clone()).into_iter().chain([description]);
            let sub: Vec<_> = about.filter(|text| !text.is_empty()).collect();
            let reference = ModelRef { tenant: tenant.clone(), project, model: name };
            let line = ModelLine { reference, sub: sub.join(" · "), production, latest };
            let kind = (kind != Kind::Model)
                .then(|| view! { <Chip kind="muted" icon="box" word=kind_name(kind) /> });
            let stages = stages
                .into_iter()
                .map(|(stage, count)| view! { <StageChip stage=stage count=count /> })
                .collect_view();
            let tags: Vec<_> = tags.into_iter().map(|(key, value)| format!("{key} {value}")).collect();
            view! {
                <ModelRow line=line>
                    <td data-label="Stages">
                        <span class="row">{kind} {stages}</span>
                        {(!tags.is_empty()).then(|| view! { <span class="sub">{tags.join(", ")}</span> })}
                    </td>
                </ModelRow>
            }
        })
        .collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[
                ("Model", ""),
                ("Production", ""),
                ("Since", ""),
                ("Versions by stage", ""),
                ("Latest", "r"),
            ] />
            <tbody>{rows}</tbody>
        </table>
    }
}
