//! Outgoing mail, written in the transaction of its cause and sent by the
//! worker: at least once, under an id that stays the same.

use super::error::Result;
use super::jobs::{self, Job};
use super::sql::sql_query;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use weighhouse_types::ids::TenantId;

/// A mail, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Puts a mail into the outbox, and the job that sends it beside it.
pub(crate) async fn mail_enqueue(
    conn: &mut AsyncPgConnection,
    tenant: Option<TenantId>,
    request_id: &str,
    mail: &Mail,
) -> Result<()> {
    let id = Uuid::now_v7();
    sql_query(
        "INSERT INTO mails (id, tenant_id, recipient, subject, text_body, html_body)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<SqlUuid>, _>(tenant.map(|t| t.0))
    .bind::<Text, _>(&mail.recipient)
    .bind::<Text, _>(&mail.subject)
    .bind::<Text, _>(&mail.text)
    .bind::<Text, _>(&mail.html)
    .execute(conn)
    .await?;
    jobs::enqueue(conn, tenant, request_id, &Job::MailSend { mail: id }).await
}
