//! The database's own catalogue, held against the rules of tenant isolation.

use weighhouse_testkit::Server;

/// Unique indexes that do not begin with the tenant, each with its reason.
const GLOBAL: &[(&str, &str)] = &[
    ("tenants_slug_key", "slugs stand in URLs"),
    ("invitations_token_hash_key", "a link is looked up before its tenant is known"),
    ("api_tokens_token_hash_key", "a token is looked up before its tenant is known"),
    ("memberships_user", "sign-in asks which tenants a person reaches"),
    ("tenants_agency", "an agency lists its tenants"),
    ("pin_looks_due", "workers ask what is due, whosever it is"),
];

/// Tables that carry a tenant but are the platform's: rows may have none.
const PLATFORM: &[&str] = &["jobs", "mails"];

/// What is wrong with the tables that carry a tenant, a sentence each.
async fn violations(server: &Server) -> Vec<String> {
    let owner = server.database.owner().await;
    let mut found = Vec::new();
    let tables = owner
        .query(
            "SELECT c.oid::int8, c.relname::text, c.relrowsecurity, c.relforcerowsecurity,
                    (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'
                     AND pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid)
                         LIKE '%tenant_id = ( SELECT current_tenant()%')
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname",
            &[],
        )
        .await
        .unwrap();
    for table in &tables {
        let name: String = table.get(1);
        let mut say = |what: &str| found.push(format!("{name}: {what}"));
        if !table.get::<_, bool>(2) {
            say("row-level security is off");
        }
        if !table.get::<_, bool>(3) {
            say("row-level security is not forced");
        }
        if table.get::<_, i64>(4) == 0 {
            say("has no tenant policy");
        }
        if PLATFORM.contains(&name.as_str()) {
            continue;
        }
        let keys = "SELECT i.relname::text, (SELECT attname::text FROM pg_attribute
                        WHERE attrelid = x.indrelid AND attnum = x.indkey[0])
                    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid::int8 = $1";
        for index in owner.query(keys, &[&table.get::<_, i64>(0)]).await.unwrap() {
            let (index, first): (String, Option<String>) = (index.get(0), index.get(1));
            let global = GLOBAL.iter().any(|(name, _)| *name == index);
            if first.as_deref() != Some("tenant_id") && !global {
                say(&format!("index {index} does not begin with tenant_id"));
            }
        }
        // A key into a table that carries a tenant must carry it along.
        let foreign = "SELECT k.conname::text FROM pg_constraint k
                       JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attname = 'tenant_id'
                       WHERE k.contype = 'f' AND k.conrelid::int8 = $1
                         AND NOT (k.confkey[1] = a.attnum AND k.conkey[1] = (SELECT attnum FROM pg_attribute
                                  WHERE attrelid = k.conrelid AND attname = 'tenant_id'))";
        for key in owner.query(foreign, &[&table.get::<_, i64>(0)]).await.unwrap() {
            say(&format!("foreign key {} does not carry tenant_id", key.get::<_, String>(0)));
        }
    }
    // A view of its owner's rights would show every tenant's rows.
    let views = "SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm')
                 AND relnamespace = 'public'::regnamespace
                 AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)";
    for view in owner.query(views, &[]).await.unwrap() {
        found.push(format!("{}: a view with its owner's rights", view.get::<_, String>(0)));
    }
    found
}

#[tokio::test]
async fn every_tenant_table_stands_behind_the_wall() {
    let server = Server::empty().await;
    assert_eq!(violations(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_bad_table_is_found() {
    let server = Server::empty().await;
    let owner = server.database.owner().await;
    owner
        .batch_execute(
            "CREATE TABLE bad (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text UNIQUE,
                 project uuid, UNIQUE (id, tenant_id));
             ALTER TABLE projects ADD CONSTRAINT alone UNIQUE (id);
             ALTER TABLE bad ADD FOREIGN KEY (project) REFERENCES projects (id);
             CREATE VIEW leak AS SELECT * FROM projects",
        )
        .await
        .unwrap();
    let found = violations(&server).await;
    for wanted in [
        "bad: row-level security is off",
        "bad: row-level security is not forced",
        "bad: has no tenant policy",
        "bad: index bad_pkey does not begin with tenant_id",
        "bad: index bad_name_key does not begin with tenant_id",
        "bad: foreign key bad_project_fkey does not carry tenant_id",
        "leak: a view with its owner's rights",
        "projects: index alone does not begin with tenant_id",
    ] {
        assert!(found.contains(&wanted.to_owned()), "{wanted} in {found:?}");
    }
}

#[tokio::test]
async fn roles_own_nothing_and_fail_closed() {
    let server = Server::with_clients().await;
    let owner = server.database.owner().await;
    let mighty = "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'weighhouse%' AND rolname <> 'weighhouse_owner'
                  AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolinherit
                       OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid))";
    assert!(owner.query(mighty, &[]).await.unwrap().is_empty());
    let app = server.database.app().await;
    assert_eq!(app.query("SELECT * FROM tenants", &[]).await.unwrap_err().code().unwrap().code(), "42501");
    // Without a tenant, and after one: no row.
    for begin in ["", "SET LOCAL app.tenant = '00000000-0000-0000-0000-000000000001';"] {
        app.batch_execute(&format!("BEGIN; SET LOCAL ROLE weighhouse_tenant; {begin}")).await.unwrap();
        assert!(app.query("SELECT * FROM projects", &[]).await.unwrap().is_empty());
        app.batch_execute("COMMIT").await.unwrap();
    }
    app.batch_execute("BEGIN; SET LOCAL ROLE weighhouse_portfolio").await.unwrap();
    assert!(app.query("SELECT * FROM projects", &[]).await.unwrap().is_empty());
    app.batch_execute("COMMIT").await.unwrap();
}
