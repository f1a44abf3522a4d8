//! Jobs and the schedule.

use std::time::Duration;
use weighhouse_core::kernel::{jobs, schedule};
use weighhouse_testkit::Server;

#[tokio::test]
async fn a_turn_is_taken_by_one_worker_and_comes_round() {
    let server = Server::empty().await;
    let take = |every| schedule::take_turn(&server.app, "test", every);
    let hour = Duration::from_hours(1);
    let turns = futures_util::future::join_all((0..6).map(|_| take(hour))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn.as_ref().unwrap()).count(), 1);
    let owner = server.database.owner().await;
    owner.execute("UPDATE schedules SET due_at = now() WHERE name = 'test'", &[]).await.unwrap();
    assert!(take(hour).await.unwrap());
    assert!(!take(hour).await.unwrap());
}

#[tokio::test]
async fn done_jobs_are_forgotten_after_a_week() {
    let server = Server::empty().await;
    let owner = server.database.owner().await;
    let insert = "INSERT INTO jobs (id, kind, payload, request_id, done_at)
                  VALUES (gen_random_uuid(), 'x', '{}', 'test', now() - $1::text::interval)";
    for age in ["8 days", "6 days"] {
        owner.execute(insert, &[&age]).await.unwrap();
    }
    jobs::prune(&server.app).await.unwrap();
    let left = owner.query("SELECT now() - done_at < interval '7 days' FROM jobs", &[]).await.unwrap();
    assert_eq!(left.iter().map(|row| row.get::<_, bool>(0)).collect::<Vec<_>>(), [true]);
}
