//! Moments: relative where that helps, absolute with the zone in every case.

use super::relative::relative;
use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;

/// A moment in full, such as `19 January 2026, 10:02:11 UTC`.
pub(crate) fn in_full(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// How far away a moment is, or its date when that is far.
#[component]
pub(crate) fn When(at: DateTime<Utc>) -> impl IntoView {
    let words = relative((at - Utc::now()).num_seconds());
    let live = words.is_some().then_some("");
    let words = words.unwrap_or_else(|| at.format("%-d %b %Y").to_string());
    view! {
        <time datetime=machine(at) title=in_full(at) data-relative=live>
            {words}
        </time>
    }
}

/// A moment as date and time; in UTC, as the head of the table or the text says.
#[component]
pub(crate) fn Moment(at: DateTime<Utc>) -> impl IntoView {
    view! {
        <time class="nowrap" datetime=machine(at) title=in_full(at)>
            {at.format("%-d %b %Y, %H:%M").to_string()}
        </time>
    }
}

/// A moment in full on the page itself.
#[component]
pub(crate) fn FullMoment(at: DateTime<Utc>) -> impl IntoView {
    view! { <time datetime=machine(at)>{in_full(at)}</time> }
}

/// RFC 3339, as machines read it.
pub(crate) fn machine(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
