//! Moving time on, behind the application's back: as the owner of the tables.

use serde_json::{Value, json};
use tokio_postgres::Client;
use weighhouse_core::{Ctx, retention};
use weighhouse_ledger::{canonical, tree};
use weighhouse_testkit::{Person, Server};

pub(crate) const RETENTION: &str = "/api/v1/tenants/north/retention";

/// The owner of a server's database.
pub(crate) struct Clock(pub(crate) Client);

impl Clock {
    pub(crate) async fn of(server: &Server) -> Self {
        Self(server.database.owner().await)
    }

    async fn run(&self, sql: &str) {
        self.0.batch_execute(sql).await.unwrap();
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.0.query_one(&format!("SELECT count(*) FROM {sql}"), &[]).await.unwrap().get(0)
    }

    /// Sets a policy at north and lets its day of waiting pass.
    pub(crate) async fn policy(&self, admin: &Person, terms: Value) {
        admin.put(RETENTION, &json!({"terms": terms})).await.expect(200);
        self.run("UPDATE retention_policies SET set_at = set_at - interval '2 days'").await;
    }

    /// Every version has been in its stage for so many days more.
    pub(crate) async fn age_stages(&self, days: u32) {
        self.run(&format!(
            "ALTER TABLE version_stages DISABLE TRIGGER version_stages_follow;
             UPDATE version_stages SET since = since - interval '{days} days';
             ALTER TABLE version_stages ENABLE TRIGGER version_stages_follow"
        ))
        .await;
    }

    /// What is in the store, and marked there, is so many days older.
    pub(crate) async fn age_store(&self, days: u32) {
        self.run(&format!(
            "UPDATE blob_parts SET stored_at = stored_at - interval '{days} days';
             UPDATE blob_garbage SET marked_at = marked_at - interval '{days} days',
                                     buried_at = buried_at - interval '{days} days',
                                     erased_at = erased_at - interval '{days} days'"
        ))
        .await;
    }

    /// The first entries of north's log happened so many days earlier: the
    /// leaves are written as they would have been then.
    pub(crate) async fn age_log(&self, entries: i64, days: i64) {
        self.run("ALTER TABLE audit_leaves DISABLE TRIGGER audit_leaves_immutable").await;
        let select = "SELECT l.index, l.leaf FROM audit_leaves l JOIN tenants t USING (tenant_id)
                      WHERE t.slug = 'north' AND l.index < $1 ORDER BY l.index";
        for row in self.0.query(select, &[&entries]).await.unwrap() {
            let mut leaf: Value = serde_json::from_slice(&row.get::<_, Vec<u8>>(1)).unwrap();
            let earlier =
                "SELECT to_char(($1::text::timestamptz - $2::int8 * interval '1 day') AT TIME ZONE 'UTC',
                                          'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
            let time = leaf["time"].as_str().unwrap();
            leaf["time"] =
                json!(self.0.query_one(earlier, &[&time, &days]).await.unwrap().get::<_, String>(0));
            let bytes = canonical::to_bytes(&leaf).unwrap();
            let hash = tree::leaf_hash(&bytes);
            let update = "UPDATE audit_leaves l SET leaf = $2, leaf_hash = $3 FROM tenants t
                          WHERE t.tenant_id = l.tenant_id AND t.slug = 'north' AND l.index = $1";
            let index: i64 = row.get(0);
            self.0.execute(update, &[&index, &bytes, &hash.as_bytes().as_slice()]).await.unwrap();
        }
        self.run("ALTER TABLE audit_leaves ENABLE TRIGGER audit_leaves_immutable").await;
    }
}

/// Sweeps north, in at most so many transactions; gives how many it took.
pub(crate) async fn sweep(server: &Server, batches: u32) -> u32 {
    retention::sweep(&Ctx::worker(&server.app), "north", batches).await.unwrap()
}
