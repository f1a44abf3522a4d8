//! What a version came from, and what became of it.

use crate::support::{MODELS, promote, to_production};
use crate::systems::system_push;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use weighhouse_testkit::{Person, Server};

const DATA: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

async fn trained(person: &Person, model: &str, note: &str, digest: &str) {
    let context = json!({
        "data": [{"name": "claims-2025", "digest": digest, "note": note, "split": "train"},
                 {"name": "claims-2025", "digest": digest, "split": "validation"}],
        "features": {"name": "claim-features", "version": "7"},
    });
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201);
}

/// Nodes by their title, and edges as `from → to: label`.
fn shape(graph: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let nodes = graph["nodes"].as_array().unwrap();
    let title = |id: &Value| {
        let node = nodes.iter().find(|node| node["id"] == *id).expect("an edge joins nodes that are there");
        node["title"].as_str().unwrap().to_owned()
    };
    let edges = graph["edges"].as_array().unwrap().iter().map(|edge| {
        format!("{} → {}: {}", title(&edge["from"]), title(&edge["to"]), edge["label"].as_str().unwrap())
    });
    (nodes.iter().map(|node| title(&node["id"])).collect(), edges.collect())
}

#[tokio::test]
async fn lineage_goes_both_ways() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    trained(&ann, "fraud", "a", DATA).await;
    trained(&ann, "summary", "b", "other").await;
    system_push(&ann, "desk", &[("scorer", "claims/fraud@1"), ("writer", "claims/summary@1")])
        .await
        .expect(201);
    for model in ["fraud", "summary"] {
        promote(&ann, model, 1, "staging").await.expect(201);
    }
    to_production(&ann, &bob, "desk", 1).await;

    let graph = ann.get(&format!("{MODELS}/fraud/versions/1/lineage")).await.expect(200);
    let (nodes, edges) = shape(&graph);
    let expected = [
        "claim-features",
        "claims-2025",
        "desk@1",
        "fraud@1",
        "in production",
        "to production",
        "to staging",
    ];
    assert_eq!(nodes.iter().map(String::as_str).collect::<Vec<_>>(), expected, "nothing of summary@1");
    for edge in [
        "claims-2025 → fraud@1: trained on",
        "claim-features → fraud@1: prepared by",
        "fraud@1 → desk@1: scorer",
        "desk@1 → to production: asked for production",
        "to production → in production: approved",
        "fraud@1 → in production: in production",
    ] {
        assert!(edges.contains(edge), "{edge} in {edges:?}");
    }
    assert_eq!(graph["truncated"], false);

    // A system's own: down to the data of everything that it holds.
    let (nodes, edges) = shape(&ann.get(&format!("{MODELS}/desk/versions/1/lineage")).await.expect(200));
    assert!(
        nodes.contains("summary@1") && edges.contains("claims-2025 → summary@1: trained on"),
        "{edges:?}"
    );

    // From data: what was made of it, and of no other data of its name.
    let of = format!("/api/v1/tenants/north/lineage?name=claims-2025&identity={DATA}");
    let graph = ann.get(&of).await.expect(200);
    let (nodes, _) = shape(&graph);
    assert!(nodes.contains("desk@1") && !nodes.contains("summary@1"), "{nodes:?}");
    assert!(graph["nodes"].as_array().unwrap().iter().any(|n| n["root"] == true && n["kind"] == "dataset"));
    let (nodes, _) = shape(&ann.get("/api/v1/tenants/north/lineage?name=claims-2025").await.expect(200));
    assert!(nodes.contains("fraud@1") && nodes.contains("summary@1"));
    let pipeline = "/api/v1/tenants/north/lineage?kind=features&name=claim-features&identity=7";
    assert!(shape(&ann.get(pipeline).await.expect(200)).0.contains("summary@1"));
}

#[tokio::test]
async fn a_graph_has_bounds() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    trained(&ann, "m0", "a", DATA).await;
    for n in 1..=6 {
        system_push(&ann, &format!("m{n}"), &[("inner", &format!("claims/m{}@1", n - 1))]).await.expect(201);
    }
    let path = format!("{MODELS}/m0/versions/1/lineage");
    let near = shape(&ann.get(&format!("{path}?depth=2")).await.expect(200)).0;
    assert!(near.contains("m2@1") && !near.contains("m3@1"), "{near:?}");
    assert!(shape(&ann.get(&format!("{path}?depth=16")).await.expect(200)).0.contains("m6@1"));
    let few = ann.get(&format!("{path}?depth=16&limit=3")).await.expect(200);
    assert_eq!((few["nodes"].as_array().unwrap().len(), &few["truncated"]), (3, &json!(true)));
    assert!(shape(&few).0.contains("m0@1"), "what was asked about is there");
    for odd in ["depth=0", "depth=17", "limit=0", "limit=1001", "depth=x", "nonsense=1"] {
        ann.get(&format!("{path}?{odd}")).await.problem(400);
    }
    let tenant = "/api/v1/tenants/north/lineage";
    ann.get(&format!("{tenant}?name=nothing")).await.problem(404);
    ann.get(tenant).await.problem(400);
    ann.get(&format!("{tenant}?name=x&kind=model")).await.problem(400);
}
