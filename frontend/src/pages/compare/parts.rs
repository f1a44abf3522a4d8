//! Data, configuration, code, dependencies and files: a row a setting, a
//! column a version.

use super::table::VersionsTable;
use crate::components::format::{bytes, count};
use crate::components::icon::Icon;
use leptos::prelude::*;
use weighhouse_types::compare::{Change, Comparison, FileRow, FileState, Part, Row};

/// More rows of one table help nobody on a page.
const ROWS_MAX: usize = 300;
/// The longest value that is shown whole, in characters.
const VALUE_MAX: usize = 300;

#[component]
pub(super) fn Parts(comparison: Comparison) -> impl IntoView {
    let labels = comparison.labels();
    let commits = comparison.commits.clone();
    let parts = comparison
        .parts
        .into_iter()
        .map(|part| {
            let code = part.key == "code";
            let links = code.then(|| view! { <Commits labels=labels.clone() commits=commits.clone() /> });
            let shown: Vec<ShownRow> =
                part.list.items.iter().take(ROWS_MAX).map(|row| setting(row, labels.len())).collect();
            let rest = Rest::of(part.list.items.len(), part.list.omitted, part.list.same);
            let Part { title, key, .. } = part;
            view! {
                <Section id=key title=title rows=shown labels=labels.clone() rest=rest>
                    {links}
                </Section>
            }
        })
        .collect_view();
    view! { {parts} }
}

#[component]
pub(super) fn Files(comparison: Comparison) -> impl IntoView {
    let labels = comparison.labels();
    let list = comparison.files;
    let rest = Rest::of(list.items.len(), list.omitted, list.same);
    let rows: Vec<ShownRow> = list.items.iter().take(ROWS_MAX).map(|row| file(row, labels.len())).collect();
    (list.same + list.items.len() > 0).then(|| {
        view! {
            <Section id="files".to_owned() title="Files".to_owned() rows=rows labels=labels rest=rest>
                ""
            </Section>
        }
    })
}

/// A row as it is shown: its name, and text and change of each version.
#[derive(Clone)]
struct ShownRow {
    name: String,
    cells: Vec<(Option<String>, Change)>,
}

fn setting(row: &Row, versions: usize) -> ShownRow {
    let cell = |of: usize| (row.text(of).map(clipped), row.change(of));
    ShownRow { name: row.path.clone(), cells: (0..versions).map(cell).collect() }
}

fn file(row: &FileRow, versions: usize) -> ShownRow {
    let text = |file: &FileState| {
        let digest = file.sha256.get(..12).unwrap_or(&file.sha256);
        format!("{}, {digest}…", bytes(file.size))
    };
    let cell = |of: usize| (row.values.get(of).and_then(Option::as_ref).map(text), row.change(of));
    ShownRow { name: row.path.clone(), cells: (0..versions).map(cell).collect() }
}

fn clipped(text: String) -> String {
    match text.char_indices().nth(VALUE_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// What a table leaves out.
#[derive(Clone, Copy)]
struct Rest {
    more: usize,
    same: usize,
}

impl Rest {
    fn of(items: usize, omitted: usize, same: usize) -> Self {
        Self { more: items.saturating_sub(ROWS_MAX) + omitted, same }
    }

    fn words(self) -> Option<String> {
        let number = |n: usize| count(u64::try_from(n).unwrap_or(u64::MAX));
        let more = (self.more > 0).then(|| format!("{} more, which the JSON has", number(self.more)));
        let same = (self.same > 0).then(|| format!("{} the same", number(self.same)));
        let parts: Vec<String> = more.into_iter().chain(same).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

#[component]
fn Section(
    id: String,
    title: String,
    rows: Vec<ShownRow>,
    labels: Vec<String>,
    rest: Rest,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let label = format!("{title}, by version");
    let table = (!rows.is_empty()).then(|| {
        let lines =
            rows.into_iter().map(|row| view! { <SettingRow row=row labels=labels.clone() /> }).collect_view();
        view! {
            <VersionsTable label=label first="Setting" kind="table-tight" labels=labels.clone()>
                {lines}
            </VersionsTable>
        }
    });
    view! {
        <section class="card" id=id aria-labelledby=heading.clone()>
            <div class="card-head">
                <h2 id=heading.clone()>{title}</h2>
                <span class="push">{rest.words()}</span>
            </div>
            {children()} {table}
        </section>
    }
}

#[component]
fn SettingRow(row: ShownRow, labels: Vec<String>) -> impl IntoView {
    let cells = row
        .cells
        .into_iter()
        .zip(labels)
        .map(|((text, change), label)| {
            let differs = change != Change::Same;
            let mark = differs.then(|| view! { <span class="sub">{change.word()}</span> });
            view! {
                <td data-label=label class=differs.then_some("cell-changed")>
                    <div>
                        <span class="mono">{text.unwrap_or_else(|| "–".into())}</span>
                        {mark}
                    </div>
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <span class="mono">{row.name}</span>
            </th>
            {cells}
        </tr>
    }
}

#[component]
fn Commits(
    labels: Vec<String>,
    commits: Vec<Option<weighhouse_types::compare::CommitRange>>,
) -> impl IntoView {
    let line = |(label, range): (String, Option<weighhouse_types::compare::CommitRange>)| {
        let url = range?.url?;
        Some(view! {
            <li>
                <a href=url rel="noreferrer">
                    <Icon name="arrow-up-right" />
                    {format!("Commits up to {label}")}
                </a>
            </li>
        })
    };
    let lines: Vec<_> = labels.into_iter().zip(commits).filter_map(line).collect();
    (!lines.is_empty()).then(|| view! { <ul class="card-body plain">{lines}</ul> })
}
