//! The files of a version.

use crate::components::command::Digest;
use crate::components::format::bytes;
use crate::components::table::{Heads, Scroll};
use crate::links;
use leptos::prelude::*;
use weighhouse_types::context::FileEntry;
use weighhouse_types::reference::VersionRef;

/// More files than this are left to the command and the API.
const FILES_SHOWN: usize = 200;

#[component]
pub(super) fn Files(
    files: Vec<FileEntry>,
    reference: VersionRef,
    /// Whether the bytes are kept; what was registered is shown in any case.
    kept: bool,
) -> impl IntoView {
    let count = files.len();
    let left = count.saturating_sub(FILES_SHOWN);
    let rows = files
        .into_iter()
        .take(FILES_SHOWN)
        .map(|file| {
            let name = if kept {
                let href = links::file(&reference, &file.path);
                view! {
                    <a class="mono" href=href download="">
                        {file.path}
                    </a>
                }
                .into_any()
            } else {
                view! { <span class="mono">{file.path}</span> }.into_any()
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="r nowrap">{bytes(file.size)}</td>
                    <td>
                        <Digest digest=file.sha256 of="the file" short=true />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card" id="files" aria-labelledby="files-title">
            <div class="card-head">
                <h2 id="files-title">"Files"</h2>
                <span class="count">{count}</span>
                {if kept {
                    view! {
                        <a class="push" href=links::archive(&reference) download="">
                            "Download all"
                        </a>
                    }
                        .into_any()
                } else {
                    view! { <span class="push">"removed; digests stay"</span> }.into_any()
                }}
            </div>
            <Scroll label="Table of files">
                <table class="table">
                    <Heads columns=&[("Path", ""), ("Size", "r"), ("SHA-256", "")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            {(left > 0)
                .then(|| {
                    view! {
                        <p class="card-foot">{format!("And {left} more, which the archive and wh pull hold.")}</p>
                    }
                })}
        </section>
    }
}
