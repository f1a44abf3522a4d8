//! Which combinations of versions are known to work, as a table for each two
//! models.

use super::KnownChip;
use crate::components::card::Card;
use crate::components::table::Scroll;
use crate::components::time::When;
use crate::links;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{Combination, Known};

/// Two models with what is known of their versions together.
struct Pair {
    one: ModelRef,
    other: ModelRef,
    known: BTreeMap<(u32, u32), Combination>,
}

/// One pair of models after the other; combinations of two come next to each other.
fn pairs(combinations: Vec<Combination>) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for combination in combinations {
        let (one, other) = (combination.one.model.clone(), combination.other.model.clone());
        if pairs.last().is_none_or(|last| last.one != one || last.other != other) {
            pairs.push(Pair { one, other, known: BTreeMap::new() });
        }
        if let Some(pair) = pairs.last_mut() {
            pair.known.insert((combination.one.number, combination.other.number), combination);
        }
    }
    pairs
}

#[component]
pub(crate) fn Compatibility(combinations: Vec<Combination>) -> impl IntoView {
    (!combinations.is_empty()).then(|| {
        let tables =
            pairs(combinations).into_iter().map(|pair| view! { <Matrix pair=pair /> }).collect_view();
        view! {
            <Card id="compatibility" icon="boxes" title="Known combinations">
                {tables}
                <p class="card-foot small dim">
                    "Said by people, or seen in production together without a rollback at the end."
                </p>
            </Card>
        }
    })
}

#[component]
fn Matrix(pair: Pair) -> impl IntoView {
    let Pair { one, other, mut known } = pair;
    let newest = |numbers: BTreeSet<u32>| numbers.into_iter().rev().collect::<Vec<_>>();
    let rows = newest(known.keys().map(|(row, _)| *row).collect());
    let columns = newest(known.keys().map(|(_, column)| *column).collect());
    let version = |model: &ModelRef, number| VersionRef { model: model.clone(), number };
    let label = format!("{} by {}", one.model, other.model);
    let heads = columns
        .iter()
        .map(|number| {
            let href = links::version(&version(&other, *number));
            view! {
                <th scope="col">
                    <a href=href>{format!("{}@{number}", other.model)}</a>
                </th>
            }
        })
        .collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = links::version(&version(&one, row));
            let cells: Vec<_> = columns.iter().map(|column| cell(known.remove(&(row, *column)))).collect();
            view! {
                <tr>
                    <th scope="row" class="nowrap">
                        <a href=href>{format!("{}@{row}", one.model)}</a>
                    </th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <p class="set">
            <strong>{one.model.clone()}</strong>
            " with "
            <strong>{other.model.clone()}</strong>
        </p>
        <Scroll label=label>
            <table class="table table-tight">
                <thead>
                    <tr>
                        <th scope="col">"Version"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Scroll>
    }
}

/// What is known of one combination, and on what it rests.
fn cell(combination: Option<Combination>) -> AnyView {
    let Some(combination) = combination else {
        return view! {
            <td>
                <KnownChip known=Known::Unknown />
            </td>
        }
        .into_any();
    };
    let said = combination.statement.map(|said| {
        view! {
            <span class="sub" title=said.reason>
                {format!("{}, ", said.by)}
                <When at=said.at />
            </span>
        }
    });
    let together = combination.together.map(|together| {
        let words = match (together.until.is_some(), together.rolled_back) {
            (false, _) => "in production together now",
            (true, true) => "together until a rollback",
            (true, false) => "were in production together",
        };
        view! { <span class="sub">{words}</span> }
    });
    view! {
        <td>
            <KnownChip known=combination.known />
            {said}
            {together}
            {combination.in_one_system.then(|| view! { <span class="sub">"in one system"</span> })}
        </td>
    }
    .into_any()
}
