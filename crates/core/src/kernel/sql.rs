//! Statements as SQL text, prepared once a connection.
//!
//! diesel's own `sql_query` never keeps a prepared statement: every call costs
//! one more round trip, and parsing and planning, which is most of what our
//! statements cost. Ours are texts of the program, bounded in number, and so
//! are kept under their text.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, BoxedSqlQuery, Query, QueryFragment, QueryId, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement whose values are bound in the order of `$1`, `$2`, ….
pub(crate) struct Statement<'v>(BoxedSqlQuery<'v, Pg, SqlQuery>);

/// A statement of this text. It must be one of the program's own: values from
/// outside are bound, never written into it.
pub(crate) fn sql_query<'v>(text: impl Into<String>) -> Statement<'v> {
    #[expect(clippy::disallowed_methods, reason = "the one place that wraps it")]
    Statement(diesel::sql_query(text).into_boxed())
}

impl<'v> Statement<'v> {
    /// Binds the next value.
    pub(crate) fn bind<T, V>(self, value: V) -> Self
    where
        Pg: HasSqlType<T>,
        V: ToSql<T, Pg> + Send + 'v,
        T: Send + 'v,
    {
        Self(self.0.bind::<T, V>(value))
    }
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}
