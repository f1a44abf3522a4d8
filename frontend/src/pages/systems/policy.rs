//! What is done about a promotion that would break a system.

use super::server::SetSystemPolicy;
use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, SelectField};
use crate::components::time::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::systems::{BrokenSystems, SystemPolicy};

const fn words(policy: BrokenSystems) -> &'static str {
    match policy {
        BrokenSystems::Warn => "Say so, and go on",
        BrokenSystems::Block => "Refuse it",
    }
}

/// The policy; a form for who may set it.
#[component]
pub(crate) fn SystemPolicyCard(policy: SystemPolicy, tenant: String, manages: bool) -> impl IntoView {
    let set = policy.set_at.map(|at| {
        let who = policy.set_by.clone().unwrap_or_else(|| "the operator".into());
        view! {
            <p class="card-foot small dim">
                {format!("Set by {who}, ")} <When at=at /> "."
            </p>
        }
    });
    let what = "A promotion that takes a part away from a system in production which is not known to work with what comes instead";
    let content = if manages {
        let options =
            BrokenSystems::ALL.iter().map(|p| (p.as_str().to_owned(), words(*p).to_owned())).collect();
        view! {
            <PostForm action=SetSystemPolicy::PATH class="form">
                <Hidden name="tenant" value=tenant />
                <Hidden name="revision" value=policy.revision.to_string() />
                <SelectField
                    name="broken_systems"
                    label="Promotions that would break a system"
                    hint=format!("{what}.")
                    options=options
                    value=policy.broken_systems.as_str()
                />
                <button type="submit" class="btn">
                    "Save the policy"
                </button>
            </PostForm>
        }
        .into_any()
    } else {
        view! {
            <p>
                {what} ": " <strong>{words(policy.broken_systems).to_lowercase()}</strong> "."
            </p>
        }
        .into_any()
    };
    view! {
        <Card id="system-policy" icon="boxes" title="Systems">
            <div class="card-body">{content}</div>
            {set}
        </Card>
    }
}
