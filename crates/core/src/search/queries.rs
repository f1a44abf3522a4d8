//! SQL of the search.

use super::rules::{Hit, Rank, Words};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PortfolioTx, TenantTx};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;
use weighhouse_types::search::FoundKind;

/// Documents that are ranked, over all tenants: more are not told apart.
const CANDIDATES: usize = 2000;
/// Documents that are ranked of one tenant, at least.
const OF_EACH: usize = 4;
/// With more tenants than this, fewer trigrams are looked up at each.
const MANY: usize = 50;
/// Hits of a kind that a query gives.
const BEST: i64 = 20;

/// What is asked for, of whom.
pub(super) struct Ask<'t> {
    pub(super) tenants: Vec<&'t authz::Tenant>,
    pub(super) words: Words,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    project: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    model: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    number: Option<i32>,
    #[diesel(sql_type = Text)]
    note: String,
    #[diesel(sql_type = Integer)]
    rank: i32,
}

impl Row {
    fn hit(self) -> Result<Hit> {
        Ok(Hit {
            kind: self.kind.parse().map_err(Error::internal)?,
            tenant: self.tenant_id.into(),
            id: self.id,
            name: self.name,
            project: self.project,
            model: self.model,
            number: self.number.map(fit).transpose()?,
            note: self.note,
            rank: Rank(self.rank),
        })
    }
}

fn hits(rows: Vec<Row>) -> Result<Vec<Hit>> {
    rows.into_iter().map(Row::hit).collect()
}

fn ids(tenants: &[&authz::Tenant]) -> Vec<Uuid> {
    tenants.iter().map(|tenant| tenant.id().0).collect()
}

/// Writes the documents of the tenant's oldest changes, at most so many; says
/// how many there were.
pub(super) async fn refresh(tx: &mut TenantTx<'_>, most: i64) -> Result<i64> {
    let done: Count = sql_query("SELECT search_refresh($1) AS changes")
        .bind::<BigInt, _>(most)
        .get_result(tx.conn()?)
        .await?;
    Ok(done.changes)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    changes: i64,
}

#[derive(QueryableByName)]
struct Behind {
    #[diesel(sql_type = Text)]
    slug: String,
}

/// The tenants whose documents are behind, of those that the transaction sees.
pub(super) async fn behind(conn: &mut AsyncPgConnection) -> Result<Vec<String>> {
    let rows: Vec<Behind> = sql_query(
        "SELECT slug FROM tenants WHERE tenant_id IN (SELECT tenant_id FROM search_changes) ORDER BY slug",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.slug).collect())
}

/// The plans are made for the shape of the data, not for the words: planning
/// anew and compiling would each take longer than the search.
pub(super) async fn prepare(tx: &mut PortfolioTx) -> Result<()> {
    tx.conn()?.batch_execute("SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_generic_plan").await?;
    Ok(())
}

/// Looks the name and the rarest word up in the index, tenant by tenant, the
/// newest first; of what they lead to, documents that hold every word are ranked.
const FIND: &str = "
    WITH asked AS MATERIALIZED (
        SELECT search_query($2, 'exact') AS exact, search_query($2, 'prefix') AS prefix,
               search_query($2, 'stem') AS stem, (ts_lexize('pg_catalog.english_stem', $3))[1] AS rare_stem
    ), hit AS (
        SELECT DISTINCT ON (d.tenant_id, d.kind, d.id) d.*
        FROM asked, unnest($1) AS t (id) CROSS JOIN (VALUES (true), (false)) AS few (named)
        CROSS JOIN LATERAL (
            SELECT t.id AS tenant_id, d.kind, d.id, d.name, d.project, d.model, d.number, d.note, d.at,
                   CASE WHEN lower(d.name) = $4 THEN 0
                        WHEN d.words @@ asked.exact THEN 1
                        WHEN starts_with(lower(d.name), $4) THEN 2
                        WHEN d.words @@ asked.prefix THEN 3
                        ELSE 4 END AS rank
            FROM (
                (SELECT w.kind, w.id FROM search_words w
                 WHERE w.tenant_id = t.id AND w.named AND few.named AND w.word = chr(2) || left($4, 200) LIMIT 100)
                UNION ALL
                (SELECT w.kind, w.id FROM search_words w
                 WHERE w.tenant_id = t.id AND w.named = few.named AND w.word = $3
                 ORDER BY w.id DESC LIMIT 20000)
                UNION ALL
                (SELECT w.kind, w.id FROM search_words w
                 WHERE w.tenant_id = t.id AND w.named = few.named AND w.word > $3 AND w.word < $3 || chr(1114111)
                 ORDER BY w.word DESC, w.id DESC LIMIT 20000)
                UNION ALL
                (SELECT w.kind, w.id FROM search_words w
                 WHERE w.tenant_id = t.id AND w.named = few.named AND w.word = asked.rare_stem
                   AND asked.rare_stem <> $3
                 ORDER BY w.id DESC LIMIT 20000)
            ) AS w
            -- Each by its key; planned together, a tenant's documents would all be read.
            CROSS JOIN LATERAL (
                SELECT * FROM search_documents s
                WHERE s.tenant_id = t.id AND s.kind = w.kind AND s.id = w.id OFFSET 0
            ) AS d
            WHERE d.words @@ asked.stem
            LIMIT $5
        ) AS d
    )
    SELECT kind, tenant_id, id, name, project, model, number, note, rank
    FROM (SELECT hit.*, row_number() OVER (PARTITION BY kind ORDER BY rank, at DESC, id DESC) AS place
          FROM hit) AS placed
    WHERE place <= $6 ORDER BY place";

/// What holds all the words, first what is named by the whole text; without
/// words, what is named in the tenants.
pub(super) async fn find(tx: &mut PortfolioTx, ask: &Ask<'_>, text: &str) -> Result<Vec<Hit>> {
    let tenants = ids(&ask.tenants);
    if ask.words.is_empty() {
        return named(tx, &tenants).await;
    }
    let rare = rarest(tx, &tenants, &ask.words).await?;
    let of_each = (CANDIDATES / tenants.len().max(1)).max(OF_EACH);
    let rows = sql_query(FIND)
        .bind::<Array<SqlUuid>, _>(tenants)
        .bind::<Array<Text>, _>(ask.words.as_slice())
        .bind::<Text, _>(rare)
        .bind::<Text, _>(text)
        .bind::<BigInt, _>(fit::<_, i64>(of_each)?)
        .bind::<BigInt, _>(BEST)
        .load(tx.conn()?)
        .await?;
    hits(rows)
}

#[derive(QueryableByName)]
struct Rare {
    #[diesel(sql_type = Text)]
    word: String,
}

/// The word that the fewest documents hold, counted as far as it matters.
async fn rarest(tx: &mut PortfolioTx, tenants: &[Uuid], words: &Words) -> Result<String> {
    if let [only] = words.as_slice() {
        return Ok(only.clone());
    }
    let rows: Vec<Rare> = sql_query(
        "SELECT a.word
         FROM (SELECT word, ts_lexize('pg_catalog.english_stem', word) AS stems FROM unnest($2) AS word) AS a
         CROSS JOIN LATERAL (
             SELECT count(*) AS n FROM (
                 SELECT FROM unnest($1) AS t (id) CROSS JOIN (VALUES (true), (false)) AS few (named)
                 CROSS JOIN LATERAL (
                     (SELECT FROM search_words w
                      WHERE w.tenant_id = t.id AND w.named = few.named
                        AND w.word >= a.word AND w.word < a.word || chr(1114111) LIMIT 1000)
                     UNION ALL
                     (SELECT FROM search_words w
                      WHERE w.tenant_id = t.id AND w.named = few.named AND w.word = a.stems[1] LIMIT 1000)) AS w
                 LIMIT 5000) AS counted
         ) AS c
         -- A word such as ‘of’ is in no prose, and is asked for last.
         ORDER BY a.stems = '{}', c.n, length(a.word) DESC LIMIT 1",
    )
    .bind::<Array<SqlUuid>, _>(tenants)
    .bind::<Array<Text>, _>(words.as_slice())
    .load(tx.conn()?)
    .await?;
    rows.into_iter().next().map(|row| row.word).ok_or_else(|| Error::internal("no word was counted"))
}

/// What is named in the tenants, the newest first.
async fn named(tx: &mut PortfolioTx, tenants: &[Uuid]) -> Result<Vec<Hit>> {
    let rows = sql_query(
        "SELECT d.kind, t.id AS tenant_id, d.id, d.name, d.project, d.model, d.number, d.note, 5 AS rank
         FROM (SELECT id FROM unnest($1) AS t (id) LIMIT 20) AS t
         CROSS JOIN LATERAL (
             SELECT * FROM search_documents s WHERE s.tenant_id = t.id AND s.kind IN ('model', 'project')
             LIMIT 200) AS d
         ORDER BY d.at DESC, d.id DESC LIMIT $2",
    )
    .bind::<Array<SqlUuid>, _>(tenants)
    .bind::<BigInt, _>(BEST)
    .load(tx.conn()?)
    .await?;
    hits(rows)
}

/// Names that share enough trigrams with the text.
pub(super) async fn alike(tx: &mut PortfolioTx, tenants: &[authz::Tenant], text: &str) -> Result<Vec<Hit>> {
    let rows = sql_query(
        "SELECT d.kind, d.tenant_id, d.id, d.name, d.project, d.model, d.number, d.note, 6 AS rank
         FROM (
             SELECT t.id AS tenant_id, w.kind, w.id
             FROM unnest($1) AS t (id)
             CROSS JOIN (SELECT part FROM unnest(show_trgm($2)) AS part
                         ORDER BY starts_with(part, '  '), part LIMIT $4) AS g
             CROSS JOIN LATERAL (
                 SELECT kind, id FROM search_words w
                 WHERE w.tenant_id = t.id AND w.named AND w.word = chr(1) || g.part LIMIT 1000) AS w
             GROUP BY t.id, w.kind, w.id
             ORDER BY count(*) DESC LIMIT 500
         ) AS near
         CROSS JOIN LATERAL (
             SELECT * FROM search_documents s
             WHERE s.tenant_id = near.tenant_id AND s.kind = near.kind AND s.id = near.id OFFSET 0) AS d
         WHERE word_similarity($2, d.name) >= 0.4
         ORDER BY word_similarity($2, d.name) DESC, similarity($2, d.name) DESC, d.at DESC LIMIT $3",
    )
    .bind::<Array<SqlUuid>, _>(ids(&tenants.iter().collect::<Vec<_>>()))
    .bind::<Text, _>(text)
    .bind::<BigInt, _>(BEST)
    .bind::<BigInt, _>(if tenants.len() > MANY { 6 } else { 50 })
    .load(tx.conn()?)
    .await?;
    hits(rows)
}

/// Versions that have a file whose digest lies between two.
pub(super) async fn with_file(tx: &mut PortfolioTx, (low, high): ([u8; 32], [u8; 32])) -> Result<Vec<Hit>> {
    let rows = sql_query(
        "SELECT d.kind, d.tenant_id, d.id, d.name, d.project, d.model, d.number, f.path AS note, 3 AS rank
         FROM (SELECT tenant_id, version_id, path FROM version_files
               WHERE sha256 >= $1 AND sha256 <= $2 LIMIT 200) AS f
         CROSS JOIN LATERAL (
             SELECT * FROM search_documents s
             WHERE s.tenant_id = f.tenant_id AND s.kind = 'version' AND s.id = f.version_id OFFSET 0) AS d
         ORDER BY d.at DESC, d.id DESC LIMIT $3",
    )
    .bind::<Binary, _>(low.as_slice())
    .bind::<Binary, _>(high.as_slice())
    .bind::<BigInt, _>(BEST)
    .load(tx.conn()?)
    .await?;
    hits(rows)
}

#[derive(QueryableByName)]
struct Person {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
}

/// The tenants' own people whose name and address hold all the words. They
/// are few, and looked at as they are: names and addresses change.
pub(super) async fn people(
    tx: &mut PortfolioTx,
    tenants: &[&authz::Tenant],
    words: &Words,
) -> Result<Vec<Hit>> {
    let rows: Vec<Person> = sql_query(
        "SELECT m.tenant_id, u.id, u.name, u.email
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.tenant_id = ANY ($1)
           AND NOT EXISTS (SELECT FROM unnest($2) AS word
                           WHERE strpos(lower(u.name || ' ' || u.email), word) = 0)
         ORDER BY u.name, u.id LIMIT $3",
    )
    .bind::<Array<SqlUuid>, _>(ids(tenants))
    .bind::<Array<Text>, _>(words.as_slice())
    .bind::<BigInt, _>(BEST)
    .load(tx.conn()?)
    .await?;
    let person = |row: Person| Hit {
        id: row.id,
        name: row.name,
        note: row.email,
        ..Hit::of(FoundKind::Person, row.tenant_id.into())
    };
    Ok(rows.into_iter().map(person).collect())
}
