//! A table with a column a version. Long ones scroll under their heads.

use crate::components::table::Scroll;
use leptos::prelude::*;

#[component]
pub(super) fn VersionsTable(
    /// What the table holds.
    label: String,
    /// The head of the first column.
    first: &'static str,
    /// What kind of table it is: a `.table-…` class.
    kind: &'static str,
    /// What the versions are called.
    labels: Vec<String>,
    children: Children,
) -> impl IntoView {
    let heads = labels.into_iter().map(|label| view! { <th scope="col">{label}</th> }).collect_view();
    view! {
        <Scroll label=label tall=true>
            <table class=format!("table {kind} table-compare cards")>
                <thead>
                    <tr>
                        <th scope="col">{first}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </Scroll>
    }
}
