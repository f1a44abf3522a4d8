//! SQL as text, prepared once a connection. Diesel's own `sql_query` is
//! prepared anew at every use: a round trip and a plan each time.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query as DieselQuery, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A query whose text is one of a few: every text is kept prepared, so what
/// differs from caller to caller is bound, never written into it.
pub(crate) fn query(sql: impl Into<Cow<'static, str>>) -> Query<()> {
    Query { sql: sql.into(), binds: () }
}

/// See [`query`].
pub(crate) struct Query<B> {
    sql: Cow<'static, str>,
    binds: B,
}

/// Values bound so far, and one more.
pub(crate) struct Bound<B, V, T> {
    before: B,
    value: V,
    kind: PhantomData<T>,
}

impl<B> Query<B> {
    /// Binds the next of `$1`, `$2` …
    pub(crate) fn bind<T, V>(self, value: V) -> Query<Bound<B, V, T>> {
        Query { sql: self.sql, binds: Bound { before: self.binds, value, kind: PhantomData } }
    }
}

/// Values in their order.
pub(crate) trait Binds {
    fn push<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

impl Binds for () {
    fn push<'b>(&'b self, _: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Ok(())
    }
}

impl<B: Binds, V: ToSql<T, Pg>, T> Binds for Bound<B, V, T>
where
    Pg: HasSqlType<T>,
{
    fn push<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.push(out.reborrow())?;
        out.push_bind_param(&self.value)
    }
}

impl<B: Binds> QueryFragment<Pg> for Query<B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.sql);
        // Binding a value also writes its placeholder. The text has those
        // where they belong: these go into a comment.
        out.push_sql(" -- ");
        self.binds.push(out)
    }
}

impl<B> QueryId for Query<B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B> DieselQuery for Query<B> {
    type SqlType = Untyped;
}
