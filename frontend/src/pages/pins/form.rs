//! Setting a watch.

use super::server::{SetPin, typed};
use crate::components::field::{Hidden, PostForm, TextArea, TextField};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::pins::PinWatch;
use weighhouse_types::reference::ModelRef;

#[component]
pub(super) fn SetForm(watch: Option<PinWatch>, of: ModelRef) -> impl IntoView {
    let key_hint = if watch.as_ref().is_some_and(|watch| watch.has_secret) {
        "One is kept, and stays where this is left empty. Another server’s needs to be given anew."
    } else {
        "Where the provider asks for one. It is kept sealed and never shown."
    };
    let every = watch.as_ref().map_or(60, |watch| watch.every_minutes).to_string();
    let golden = watch.as_ref().map(|watch| typed(&watch.golden)).unwrap_or_default();
    let (endpoint, pinned) = watch.map(|watch| (watch.endpoint, watch.pinned)).unwrap_or_default();
    view! {
        <PostForm action=SetPin::PATH class="form">
            <Hidden name="model" value=of.to_string() />
            <TextField
                name="endpoint"
                label="Base of the API"
                hint="Of an API that speaks OpenAI’s protocol. Empty: as the newest version says."
                value=endpoint
                placeholder="https://api.example/v1"
                max=1000
            />
            <div class="form-row form-row-top">
                <TextField
                    name="pinned"
                    label="The provider’s model"
                    hint="Empty: as the newest version says."
                    value=pinned
                    max=250
                />
                <TextField name="every_minutes" label="Minutes between looks" value=every pattern="[0-9]{1,5}" />
            </div>
            <TextField name="secret" label="API key" hint=key_hint kind="password" autocomplete="off" />
            <TextArea
                name="golden_prompts"
                label="Golden prompts"
                hint="One a line, as “name: prompt”; \\n is a new line. They are asked at temperature 0."
                value=golden
                max=100_000
            />
            <button type="submit" class="btn btn-primary">
                "Save the watch"
            </button>
            <p class="hint">"The first look follows within seconds, and records what it sees."</p>
        </PostForm>
    }
}
