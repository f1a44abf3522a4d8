//! SQL of the outbox.

use crate::kernel::error::{Error, Result};
use crate::kernel::outbox::Mail;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

type Stored = (String, String, Option<String>, Option<String>);

pub(super) async fn mail_unsent(tx: &mut PlatformTx<'_>, id: Uuid) -> Result<Option<Mail>> {
    use crate::schema::mails::dsl;
    let row: Option<Stored> = dsl::mails
        .filter(dsl::id.eq(id).and(dsl::sent_at.is_null()))
        .select((dsl::recipient, dsl::subject, dsl::text_body, dsl::html_body))
        .first(tx.conn()?)
        .await
        .optional()?;
    let mail = |(recipient, subject, text, html): Stored| match (text, html) {
        (Some(text), Some(html)) => Ok(Mail { recipient, subject, text, html }),
        _ => Err(Error::internal("an unsent mail without a body")),
    };
    row.map(mail).transpose()
}

/// Marks a mail as sent and forgets its bodies: some hold links that sign in.
pub(super) async fn mail_sent(tx: &mut PlatformTx<'_>, id: Uuid) -> Result<()> {
    sql_query("UPDATE mails SET sent_at = now(), text_body = NULL, html_body = NULL WHERE id = $1")
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
