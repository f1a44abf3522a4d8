//! Forms that work without JavaScript. A field that belongs to a refused form
//! shows again what was typed.

use crate::forms::Flash;
use crate::session::Csrf;
use leptos::context::Provider;
use leptos::prelude::*;

/// The server function that the form around a field posts to.
#[derive(Clone, Copy)]
struct Action(&'static str);

/// A form that posts to a server function.
#[component]
pub(crate) fn PostForm(
    /// The server function's `PATH`.
    action: &'static str,
    #[prop(optional)] class: &'static str,
    /// Forms of visitors who are not signed in have no token.
    #[prop(optional)]
    open: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <Provider value=Action(action)>
            <form method="post" action=action class=class>
                {(!open).then(|| view! { <CsrfField /> })}
                {children()}
            </form>
        </Provider>
    }
}

/// Proves that a form came from a page of the same session.
#[component]
pub(crate) fn CsrfField() -> impl IntoView {
    let token = use_context::<Csrf>().map(|csrf| csrf.0).unwrap_or_default();
    view! { <Hidden name="csrf" value=token /> }
}

/// A value that a form carries along.
#[component]
pub(crate) fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

/// What a field holds at first: what was typed before, or the value given.
fn first(name: &str, value: String) -> String {
    use_context::<Action>().and_then(|action| Flash::kept(action.0, name)).unwrap_or(value)
}

/// An id for a field: its form's name and its own.
fn field_id(name: &str) -> String {
    let action = use_context::<Action>().map(|a| a.0).unwrap_or_default();
    format!("{}-{name}", action.rsplit('/').next().unwrap_or_default())
}

/// One line of text.
#[component]
pub(crate) fn TextField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] value: String,
    /// The input's type, `text` unless given.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] min: Option<usize>,
    #[prop(optional)] max: Option<usize>,
    #[prop(optional)] pattern: Option<&'static str>,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let id = field_id(name);
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let value = if kind == "password" { String::new() } else { first(name, value) };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=value
                required=required
                minlength=min
                maxlength=max
                pattern=pattern
                placeholder=placeholder
                autocomplete=autocomplete
                autofocus=autofocus
                aria-describedby=hint_id.clone()
            />
            <Hint id=hint_id hint=hint />
        </div>
    }
}

/// What a client or a project is called: its name and the short one, each with
/// an example.
#[component]
pub(crate) fn NameFields(name: &'static str, slug: &'static str) -> impl IntoView {
    view! {
        <div class="form-row form-row-top">
            <TextField name="name" label="Name" placeholder=name required=true max=200 />
            <TextField
                name="slug"
                label="Short name"
                hint=SLUG_HINT
                placeholder=slug
                required=true
                min=2
                max=63
                pattern=SLUG_PATTERN
            />
        </div>
    }
}

/// Several lines of text.
#[component]
pub(crate) fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] value: String,
    #[prop(default = 2000)] max: usize,
) -> impl IntoView {
    let id = field_id(name);
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                class="input"
                id=id
                name=name
                required=required
                maxlength=max
                placeholder=placeholder
                aria-describedby=hint_id.clone()
            >
                {first(name, value)}
            </textarea>
            <Hint id=hint_id hint=hint />
        </div>
    }
}

/// One of several values.
#[component]
pub(crate) fn SelectField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    /// Values and what they are called.
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
) -> impl IntoView {
    let id = field_id(name);
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let chosen = first(name, value);
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="input" id=id name=name aria-describedby=hint_id.clone()>
                {options}
            </select>
            <Hint id=hint_id hint=hint />
        </div>
    }
}

#[component]
fn Hint(id: Option<String>, hint: String) -> impl IntoView {
    id.map(|id| {
        view! {
            <span class="hint" id=id>
                {hint}
            </span>
        }
    })
}

/// A new client's or project's short name.
pub(crate) const SLUG_PATTERN: &str = "[a-z0-9][a-z0-9\\-]*[a-z0-9]";
/// And how to choose it.
pub(crate) const SLUG_HINT: &str = "a-z, 0-9 and hyphens. Stands in addresses and references, for good.";
