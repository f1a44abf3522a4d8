//! Mail of an installation without an SMTP server, for its operator.

mod message;
pub(crate) mod server;

use crate::components::frame::Page;
use crate::components::note::Empty;
use crate::components::table::Fact;
use crate::components::time::{FullMoment, When};
use crate::{links, session};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use message::Message;

/// A mail as listed: its file, time and content.
#[derive(Clone)]
struct Mail {
    file: String,
    at: DateTime<Utc>,
    message: Message,
}

#[component]
pub(crate) fn MailPage() -> impl IntoView {
    let chosen = session::query("file");
    session::page(async move |ctx| {
        let mails = server::mails(&ctx).await?;
        let mails: Vec<Mail> = mails
            .into_iter()
            .map(|mail| Mail { file: mail.file, at: mail.at, message: Message::parse(&mail.raw) })
            .collect();
        let shown = match &chosen {
            Some(file) => mails.iter().find(|mail| mail.file == *file).cloned(),
            None => mails.first().cloned(),
        };
        let content = if mails.is_empty() {
            view! {
                <section class="card">
                    <Empty icon="mail" title="No mail yet">
                        <p>"Invitations and promotion requests write the first ones."</p>
                    </Empty>
                </section>
            }
            .into_any()
        } else {
            view! {
                <div class="cols cols-list">
                    <MailList mails=mails shown=shown.as_ref().map(|mail| mail.file.clone()) />
                    {shown.map(|mail| view! { <MailView mail=mail /> })}
                </div>
            }
            .into_any()
        };
        let body = view! {
            <div class="head">
                <h1>"Mail"</h1>
                <p class="head-sub">
                    "No SMTP server is configured: mail is kept in a folder and shown here, to the operator, on this machine only."
                </p>
            </div>
            {content}
        };
        Ok(Page::new("Mail", body).under("Portfolio", "/"))
    })
}

#[component]
fn MailList(mails: Vec<Mail>, shown: Option<String>) -> impl IntoView {
    let items = mails
        .into_iter()
        .map(|mail| {
            let current = (shown.as_ref() == Some(&mail.file)).then_some("true");
            view! {
                <li>
                    <a
                        class="row-link"
                        href=format!("/operator/mail?file={}", links::encode(&mail.file))
                        aria-current=current
                    >
                        <span class="mail-line">
                            <strong>{mail.message.subject}</strong>
                            <span class="sub">"to " {mail.message.to}</span>
                        </span>
                        <span class="small faint">
                            <When at=mail.at />
                        </span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-label="Mails">
            <ul class="list">{items}</ul>
        </section>
    }
}

#[component]
fn MailView(mail: Mail) -> impl IntoView {
    let Message { to, subject, text } = mail.message;
    view! {
        <section class="card" aria-label="The mail">
            <dl class="facts facts-plain">
                <Fact term="To">{to}</Fact>
                <Fact term="Subject">{subject}</Fact>
                <Fact term="Written">
                    <FullMoment at=mail.at />
                </Fact>
            </dl>
            <pre class="mail-text">{linked(&text)}</pre>
        </section>
    }
}

/// The text with its links made to work.
fn linked(text: &str) -> Vec<AnyView> {
    let word = |word: &str| {
        let bare = word.trim_end();
        if bare.starts_with("http://") || bare.starts_with("https://") {
            let space = word.get(bare.len()..).unwrap_or_default().to_owned();
            view! {
                <a href=bare.to_owned()>{bare.to_owned()}</a>
                {space}
            }
            .into_any()
        } else {
            word.to_owned().into_any()
        }
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}
