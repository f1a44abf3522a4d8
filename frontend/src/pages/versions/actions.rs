//! What can be done with a version, by its stage and the visitor's role.

use super::server::{Promote, Retire, RollBack, VersionShown};
use crate::components::card::Card;
use crate::components::confirm::{Confirm, ConfirmButton};
use crate::components::field::{Hidden, PostForm, TextArea};
use crate::components::note::{Note, Tone};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::permission::{Action, Role, allows};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::Stage;

/// The one thing to do next, and the rarer ones.
#[component]
pub(super) fn Actions(shown: VersionShown) -> impl IntoView {
    let VersionShown { tenant, version, production, rollback_target, composition, .. } = shown;
    let endangered = composition.affected.iter().filter(|system| system.endangered()).count();
    let parts = composition.parts.len();
    let summary = version.summary;
    let reference = summary.reference;
    let may = |role: Role, action| allows(role, action);
    // What has no files is not promoted.
    let promotes = may(tenant.role, Action::PromotionOpen) && version.swept.is_none();
    let next = match (summary.stage, version.open_promotion) {
        (_, Some(id)) => view! { <OpenRequest reference=reference.clone() id=id /> }.into_any(),
        (Stage::Development | Stage::Archived, None) if promotes => {
            view! { <ToStaging reference=reference.clone() archived=summary.stage == Stage::Archived /> }
                .into_any()
        }
        (Stage::Staging, None) if promotes => view! {
            <ToProduction
                reference=reference.clone()
                production=production
                client=tenant.name.clone()
                endangered=endangered
                parts=parts
            />
        }
        .into_any(),
        (Stage::Production, None) if may(tenant.role, Action::ProductionRollback) => {
            view! { <RollBackCard reference=reference.clone() target=rollback_target /> }.into_any()
        }
        _ => ().into_any(),
    };
    let retirable = !matches!(summary.stage, Stage::Production | Stage::Retired)
        && version.open_promotion.is_none()
        && may(tenant.role, Action::VersionRetire);
    view! {
        {next}
        {retirable.then(|| view! { <RetireCard reference=reference /> })}
    }
}

#[component]
fn OpenRequest(reference: VersionRef, id: PromotionId) -> impl IntoView {
    view! {
        <Card id="promote" title="Promotion">
            <div class="card-body stack-s">
                <p>"A request to promote this version waits for a decision."</p>
                <a class="btn btn-primary btn-wide" href=links::promotion(&reference.model.tenant, id)>
                    "Open the request"
                </a>
            </div>
        </Card>
    }
}

#[component]
fn ToStaging(reference: VersionRef, archived: bool) -> impl IntoView {
    let label = if archived { "Why again? (optional)" } else { "Why? (optional)" };
    let hint = "Staging takes no approval. Production is asked for from there.";
    view! {
        <PromoteCard reference=reference target=Stage::Staging press="Promote to staging" hint=hint>
            <TextArea name="reason" label=label />
        </PromoteCard>
    }
}

#[component]
fn ToProduction(
    reference: VersionRef,
    production: Option<u32>,
    client: String,
    /// How many systems in production it may break.
    endangered: usize,
    /// How many versions go with it.
    parts: usize,
) -> impl IntoView {
    let systems = links::version_tab(&reference, "systems");
    let replaces = production.map_or_else(
        || "Nothing is in production now.".to_owned(),
        |number| format!("It would replace version {number}."),
    );
    let with = match parts {
        0 => String::new(),
        1 => " The version that it holds goes with it.".to_owned(),
        n => format!(" The {n} versions that it holds go with it."),
    };
    let hint = format!("An approver of {client} must agree. {replaces}{with}");
    view! {
        <PromoteCard reference=reference target=Stage::Production press="Ask for production" hint=hint>
            {(endangered > 0)
                .then(|| {
                    view! {
                        <Note tone=Tone::Warn>
                            <a href=systems>
                                {format!("{endangered} in production may break")}
                            </a>
                            ": it holds another version, and is not known to work with this one."
                        </Note>
                    }
                })}
            <TextArea
                name="reason"
                label="Why production?"
                placeholder="What is better, and what should the reviewer look at?"
                required=true
            />
        </PromoteCard>
    }
}

/// Promotes a version, or asks for it. `children` is where the reason goes.
#[component]
fn PromoteCard(
    reference: VersionRef,
    target: Stage,
    press: &'static str,
    #[prop(into)] hint: String,
    children: Children,
) -> impl IntoView {
    view! {
        <Card id="promote" title="Promote">
            <div class="card-body">
                <PostForm action=Promote::PATH class="form">
                    <Hidden name="version" value=reference.to_string() />
                    <Hidden name="target" value=target.as_str() />
                    {children()}
                    <button type="submit" class="btn btn-primary">
                        {press}
                    </button>
                    <p class="hint">{hint}</p>
                </PostForm>
            </div>
        </Card>
    }
}

#[component]
fn RollBackCard(reference: VersionRef, target: Option<u32>) -> impl IntoView {
    let content = match target {
        None => view! {
            <p class="dim">"There is no earlier version in production to go back to."</p>
        }
        .into_any(),
        Some(target) => view! {
            <p>
                {format!(
                    "If it causes harm, go back to version {target}. It takes no approval, and under a second.",
                )}
            </p>
            <ConfirmButton id="ask-roll-back" class="btn btn-danger btn-wide" icon="undo-2">
                {format!("Roll back to version {target}…")}
            </ConfirmButton>
            <Confirm id="ask-roll-back" title=format!("Roll back to version {target}?")>
                <PostForm action=RollBack::PATH class="form">
                    <p>
                        <strong>{format!("Version {target}")}</strong>
                        " is in production again at once, "
                        <strong>{format!("version {}", reference.number)}</strong>
                        " is archived, and the approvers get an e-mail."
                    </p>
                    <Hidden name="version" value=reference.to_string() />
                    <TextArea
                        name="reason"
                        label="Reason"
                        hint="Goes into the audit log and the e-mail."
                        required=true
                    />
                    <button type="submit" class="btn btn-danger">
                        {format!("Replace version {} by version {target}", reference.number)}
                    </button>
                </PostForm>
            </Confirm>
        }
        .into_any(),
    };
    view! {
        <Card id="roll-back" title="Roll back">
            <div class="card-body stack-s">{content}</div>
        </Card>
    }
}

#[component]
fn RetireCard(reference: VersionRef) -> impl IntoView {
    view! {
        <div class="row">
            <ConfirmButton id="ask-retire" class="btn-plain" icon="circle-slash">
                "Retire this version…"
            </ConfirmButton>
        </div>
        <Confirm id="ask-retire" title=format!("Retire version {}?", reference.number)>
            <PostForm action=Retire::PATH class="form">
                <p>"A retired version is never promoted again. Its record stays, and its files as long as the retention policy says."</p>
                <Hidden name="version" value=reference.to_string() />
                <TextArea name="reason" label="Reason" required=true />
                <button type="submit" class="btn btn-danger">
                    "Retire it for good"
                </button>
            </PostForm>
        </Confirm>
    }
}
