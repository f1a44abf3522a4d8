//! What a version was made of and measured on, where that is registered.

use crate::components::card::Card;
use crate::components::format::count;
use crate::links;
use leptos::prelude::*;
use weighhouse_types::datasets::{Class, DataRef, Input, Use};

#[component]
pub(super) fn Inputs(tenant: String, inputs: Vec<Input>) -> impl IntoView {
    (!inputs.is_empty()).then(|| {
        let rows = inputs
            .into_iter()
            .map(|input| {
                let how = match input.component {
                    Use::Data => "Data",
                    Use::Features => "Features",
                    Use::Evaluation => "Evaluated on",
                };
                let reference = DataRef { name: input.name, number: input.number };
                let href = match input.class {
                    Class::Dataset => links::dataset(&tenant, &reference),
                    Class::Pipeline => links::pipeline(&tenant, &reference),
                };
                let rows = input.rows.map(|rows| format!("{} rows", count(rows)));
                let about: Vec<String> = input.split.into_iter().chain(rows).collect();
                view! {
                    <tr>
                        <td class="dim nowrap">{how}</td>
                        <th scope="row">
                            <a href=href>{reference.to_string()}</a>
                            <span class="sub">{about.join(" · ")}</span>
                        </th>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <Card id="inputs" icon="database" title="Registered data">
                <table class="table table-tight">
                    <tbody>{rows}</tbody>
                </table>
            </Card>
        }
    })
}
