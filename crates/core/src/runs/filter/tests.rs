use super::*;
use proptest::prelude::*;

fn text(entity: &str, key: &str, op: Op, value: &str) -> Clause {
    let entity = Some(entity.to_owned()).filter(|entity| !entity.is_empty());
    Clause { entity, key: key.into(), op, value: Value::Text(value.into()) }
}

#[test]
fn filters_read_as_they_are_meant() {
    let clauses = parse(
        "metrics.`val auc` >= -1.5e3 and params.model='it''s' AND tags.\"a.b\" ILIKE \"x%\" \
         AND name != 'b' AND tags.a.b IS NOT NULL AND attributes.run_id IN ('a','b')",
    )
    .unwrap();
    assert_eq!(
        clauses,
        [
            Clause {
                entity: Some("metrics".into()),
                key: "val auc".into(),
                op: Op::Ge,
                value: Value::Number(-1500.0)
            },
            text("params", "model", Op::Eq, "it's"),
            text("tags", "a.b", Op::Ilike, "x%"),
            text("", "name", Op::Ne, "b"),
            Clause {
                entity: Some("tags".into()),
                key: "a.b".into(),
                op: Op::IsNotNull,
                value: Value::Nothing
            },
            Clause {
                entity: Some("attributes".into()),
                key: "run_id".into(),
                op: Op::In,
                value: Value::List(vec!["a".into(), "b".into()])
            },
        ]
    );
    assert!(parse("  ").unwrap().is_empty());
}

#[test]
fn wrong_filters_say_where() {
    for (filter, place) in [
        ("metrics.acc >", "character 14"),
        ("metrics.a > 1 OR metrics.b < 2", "character 15: expected AND"),
        ("params.a = 'x", "character 12: the quote is not closed"),
        ("tags.a IN 'x'", "character 11: expected a list"),
        ("a = 'b' AND", "character 12"),
        ("= 1", "character 1"),
        ("metrics. > 1", "character 10"),
        ("metrics.a ! 1", "character 11: there is no such sign"),
        ("metrics.a > 1.2.3", "character 13: this is no number"),
    ] {
        let error = parse(filter).unwrap_err().to_string();
        assert!(error.contains(place), "{filter}: {error}");
    }
}

#[test]
fn orders_are_read() {
    let order = parse_order("metrics.`a b` DESC").unwrap();
    assert_eq!((order.key.as_str(), order.ascending), ("a b", false));
    assert!(parse_order("start_time").unwrap().ascending);
    assert!(parse_order("metrics.acc SIDEWAYS").is_err());
}

proptest! {
    #[test]
    fn whatever_comes_nothing_panics(text in "\\PC{0,60}") {
        let _ = parse(&text);
        let _ = parse_order(&text);
    }

    #[test]
    fn what_is_quoted_comes_back(key in "[^`\\\\]{1,20}", value in "[^'\\\\]{0,20}") {
        let filter = format!("params.`{key}` = '{value}'");
        let clauses = parse(&filter).unwrap();
        prop_assert_eq!(clauses, vec![text("params", &key, Op::Eq, &value)]);
    }
}
