//! A client that goes away in the middle of a transaction.

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;
use weighhouse_core::{Ctx, identity, projects};
use weighhouse_testkit::Server;
use weighhouse_types::permission::{AgencyRole, Role};
use weighhouse_types::projects::ProjectCreate;

/// Polls a future some times, with pauses in which its parts go on, and drops it.
async fn abandon(future: impl Future, polls: usize) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    false
}

#[tokio::test]
async fn leaves_neither_an_open_transaction_nor_the_old_tenant() {
    let server = Server::with_clients().await;
    let ann = server.person("ann", Role::Agency(AgencyRole::Engineer)).await;
    let cookie = ann.cookie.clone().unwrap();
    let ctx: Ctx = identity::session_ctx(&server.app, &cookie, "test").await.unwrap();
    let mut finished = 0;
    for polls in 1..40 {
        let new = ProjectCreate { slug: format!("project-{polls}"), name: None };
        if abandon(projects::project_create(&ctx, "north", new), polls).await {
            finished += 1;
        }
        // Whoever comes next gets a clean connection: their own tenant, no leftovers.
        let south = projects::project_list(&ctx, "south").await.unwrap();
        assert_eq!(south.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>(), ["claims"]);
    }
    assert!(finished > 0, "some were let finish");
    // What was committed was audited, and nothing else.
    let owner = server.database.owner().await;
    let count = |sql: &'static str| {
        let owner = &owner;
        async move { owner.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) }
    };
    let rows = count("SELECT count(*) FROM projects WHERE slug LIKE 'project-%'").await;
    let leaves = count(
        "SELECT count(*) FROM audit_leaves WHERE convert_from(leaf, 'UTF8') LIKE '%\"project.created\"%'",
    )
    .await;
    assert_eq!(rows + 2, leaves, "the two clients' first projects besides");
    assert!(rows >= finished);
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    for _ in 0..100 {
        if count(idle).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a transaction stayed open");
}
