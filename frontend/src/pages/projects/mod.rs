//! A project: its models.

pub(crate) mod server;

use crate::components::chip::StageChip;
use crate::components::command::Command;
use crate::components::field::{Hidden, PostForm, SLUG_HINT, SLUG_PATTERN, TextField};
use crate::components::frame::{Page, Tab};
use crate::components::icon::Icon;
use crate::components::table::{Heads, NextPage};
use crate::components::time::When;
use crate::pages::tenancy::home::NoModels;
use crate::pages::tenancy::portfolio::ProductionCell;
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{NewProject, ProjectShown};
use weighhouse_types::models::Model;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::ModelRef;

#[component]
pub(crate) fn ProjectPage() -> impl IntoView {
    let (tenant, project) = (session::param("tenant"), session::param("project"));
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let ProjectShown { tenant, project, models, url } =
            server::project(&ctx, &tenant, &project, cursor).await?;
        let address = links::project(&tenant.slug, &project.slug);
        let content = if models.items.is_empty() {
            view! {
                <section class="card">
                    <NoModels tenant=tenant.clone() project=project.slug.clone() url=Some(url) />
                </section>
            }
            .into_any()
        } else {
            let push = allows(tenant.role, Action::VersionRegister)
                .then(|| view! { <PushCard tenant=tenant.slug.clone() project=project.slug.clone() /> });
            view! {
                <section class="card" aria-label="Models">
                    <ModelTable tenant=tenant.slug.clone() project=project.slug.clone() models=models.items />
                    <NextPage path=address next=models.next words="More models" />
                </section>
                {push}
            }
            .into_any()
        };
        let body = view! {
            <div class="head">
                <div class="head-title">
                    <h1>{project.name.clone()}</h1>
                    <span class="mono faint">{project.slug}</span>
                </div>
            </div>
            <div class="stack">{content}</div>
        };
        Ok(Page::of(tenant, Tab::Models, project.name, body))
    })
}

#[component]
fn ModelTable(tenant: String, project: String, models: Vec<Model>) -> impl IntoView {
    let rows = models
        .into_iter()
        .map(|model| {
            let reference =
                ModelRef { tenant: tenant.clone(), project: project.clone(), model: model.name.clone() };
            view! { <ModelRow reference=reference model=model /> }
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

#[component]
fn ModelRow(reference: ModelRef, model: Model) -> impl IntoView {
    let since = model.production.as_ref().map(|now| now.since);
    let stages = model
        .stages
        .iter()
        .map(|(stage, count)| view! { <StageChip stage=*stage count=*count /> })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <a href=links::model(&reference)>{model.name}</a>
                {(!model.description.is_empty())
                    .then(|| view! { <span class="sub">{model.description}</span> })}
            </th>
            <td data-label="Production">
                <ProductionCell reference=reference production=model.production />
            </td>
            <td data-label="Since">
                {match since {
                    Some(at) => view! { <When at=at /> }.into_any(),
                    None => "–".into_any(),
                }}
            </td>
            <td data-label="Stages">
                <span class="row">{stages}</span>
            </td>
            <td data-label="Latest" class="r">
                {model.latest.map_or_else(|| "–".to_owned(), |n| n.to_string())}
            </td>
        </tr>
    }
}

#[component]
fn PushCard(tenant: String, project: String) -> impl IntoView {
    view! {
        <section class="card">
            <div class="card-head">
                <Icon name="terminal" />
                <h2>"Push another model"</h2>
            </div>
            <div class="card-body stack-s">
                <Command lines=vec![
                    format!("wh push ./my-model --model {tenant}/{project}/my-model --context context.toml"),
                ] />
                <p class="hint">"A model that is not there yet is made by its first push."</p>
            </div>
        </section>
    }
}

/// Makes a project.
#[component]
pub(crate) fn NewProjectForm(tenant: String) -> impl IntoView {
    view! {
        <PostForm action=NewProject::PATH class="form">
            <Hidden name="tenant" value=tenant />
            <div class="form-row form-row-top">
                <TextField name="name" label="Name" placeholder="Claims" required=true max=200 />
                <TextField
                    name="slug"
                    label="Short name"
                    hint=SLUG_HINT
                    placeholder="claims"
                    required=true
                    min=2
                    max=63
                    pattern=SLUG_PATTERN
                />
            </div>
            <div class="row">
                <button type="submit" class="btn btn-primary">
                    "Make the project"
                </button>
            </div>
        </PostForm>
    }
}
