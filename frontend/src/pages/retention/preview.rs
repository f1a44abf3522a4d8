//! What the next sweep would remove.

use crate::components::format::{bytes, count, plural};
use crate::components::note::{Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::components::time::{Moment, When};
use crate::links;
use leptos::prelude::*;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::retention::{PreviewClass, PreviewKept, PreviewVersion, SweepPreview, term_words};

#[component]
pub(super) fn Preview(preview: SweepPreview) -> impl IntoView {
    let SweepPreview { at, held, classes, versions, kept } = preview;
    let nothing = classes.iter().all(|class| class.items == 0);
    let when = match at {
        None => "no term is set".into_any(),
        Some(at) => view! { <When at=at /> }.into_any(),
    };
    let note = match (held, at) {
        (true, _) => Some((Tone::Warn, "A legal hold covers everything: nothing is removed.")),
        (false, None) => Some((Tone::Plain, "Everything is kept until a policy is set.")),
        (false, Some(_)) if nothing => Some((Tone::Plain, "Nothing has expired by then.")),
        _ => None,
    };
    let rows = classes.into_iter().map(|class| view! { <ClassRow class=class /> }).collect_view();
    view! {
        <section class="card" id="preview" aria-labelledby="preview-title">
            <div class="card-head">
                <h2 id="preview-title">"Next sweep"</h2>
                <span class="push">{when}</span>
            </div>
            {note
                .map(|(tone, words)| {
                    view! {
                        <div class="card-body">
                            <Note tone=tone>{words}</Note>
                        </div>
                    }
                })}
            <table class="table cards">
                <Heads columns=&[("Records", ""), ("Kept", ""), ("Would go", "r"), ("Size", "r")] />
                <tbody>{rows}</tbody>
            </table>
            <Going versions=versions />
            <Staying kept=kept />
        </section>
    }
}

#[component]
fn ClassRow(class: PreviewClass) -> impl IntoView {
    let PreviewClass { class, days, items, bytes: size, more } = class;
    let more = if more { "more than " } else { "" };
    view! {
        <tr>
            <th scope="row">{class.title()}</th>
            <td data-label="Kept">{term_words(days)}</td>
            <td class="r" data-label="Would go">
                {format!("{more}{}", count(items))}
            </td>
            <td class="r nowrap" data-label="Size">
                {bytes(size)}
            </td>
        </tr>
    }
}

/// A version as its client's pages name it.
#[component]
pub(super) fn VersionLink(version: VersionRef) -> impl IntoView {
    let text = format!("{}/{}@{}", version.model.project, version.model.model, version.number);
    view! { <a href=links::version(&version)>{text}</a> }
}

#[component]
fn Going(versions: Vec<PreviewVersion>) -> impl IntoView {
    (!versions.is_empty()).then(|| {
        let title =
            format!("{} would lose their files; their records stay", plural(len(&versions), "version"));
        let rows = versions
            .into_iter()
            .map(|going| {
                view! {
                    <tr>
                        <th scope="row">
                            <VersionLink version=going.version />
                        </th>
                        <td>{format!("{} since ", going.stage)} <Moment at=going.since /></td>
                        <td class="r nowrap">{bytes(going.size)}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <div class="set">
                <strong>{title}</strong>
            </div>
            <Scroll label="Versions whose files would go">
                <table class="table">
                    <Heads columns=&[("Version", ""), ("Stage", ""), ("Size", "r")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        }
    })
}

#[component]
fn Staying(kept: Vec<PreviewKept>) -> impl IntoView {
    (!kept.is_empty()).then(|| {
        let rows = kept
            .into_iter()
            .map(|kept| {
                view! {
                    <tr>
                        <th scope="row">
                            <VersionLink version=kept.version />
                        </th>
                        <td>{kept.why}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <div class="set">
                <strong>"Past their term, and kept"</strong>
            </div>
            <Scroll label="Versions that are kept">
                <table class="table">
                    <Heads columns=&[("Version", ""), ("Why", "wide")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        }
    })
}

fn len<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}
