use super::*;
use proptest::prelude::*;
use serde_json::json;

fn column(name: &str, values: &[(&str, u64)], distinct: u64) -> ColumnProfile {
    let top: Vec<_> = values.iter().map(|(v, n)| TopValue { value: (*v).into(), count: *n }).collect();
    let count =
        if distinct == u64::try_from(top.len()).unwrap() { top.iter().map(|t| t.count).sum() } else { 100 };
    ColumnProfile {
        name: name.into(),
        kind: ColumnKind::Text,
        count,
        missing: 0,
        distinct,
        numbers: None,
        top,
    }
}

/// Numbers that lie evenly between two ends.
fn even(low: f64, high: f64) -> ColumnProfile {
    let quantiles: Vec<f64> = (0..51).map(|n| low + (high - low) * f64::from(n) / 50.0).collect();
    let numbers = Numbers { min: low, max: high, mean: f64::midpoint(low, high), std: 1.0, quantiles };
    let (kind, numbers) = (ColumnKind::Number, Some(numbers));
    ColumnProfile { name: "x".into(), kind, count: 1000, missing: 0, distinct: 990, numbers, top: Vec::new() }
}

fn close(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-3)
}

#[test]
fn the_index_of_known_cases() {
    // Two equal bins against 30 % and 70 %: (0.3-0.5)ln(0.6) + (0.7-0.5)ln(1.4).
    let half = column("c", &[("a", 50), ("b", 50)], 2);
    let less = column("c", &[("b", 70), ("a", 30)], 2);
    assert!(close(psi(&half, &less), 0.1695), "{:?}", psi(&half, &less));
    assert!(close(psi(&half, &half), 0.0));
    // Half of the values move beyond the measure's largest: the upper tenth has 0.6, the lower five none.
    let moved = psi(&even(0.0, 1.0), &even(0.5, 1.5)).unwrap();
    let by_hand = 0.5 * (0.6_f64 / 0.1).ln() + 5.0 * (1e-4 - 0.1) * (1e-4_f64 / 0.1).ln();
    assert!((moved - by_hand).abs() < 0.02, "{moved} {by_hand}");
    assert!(close(psi(&even(0.0, 1.0), &even(0.0, 1.0)), 0.0));
    assert_eq!(psi(&even(0.0, 1.0), &half), None, "words are no numbers");
    let dates = |column| ColumnProfile { kind: ColumnKind::Time, ..column };
    assert_eq!(psi(&dates(even(0.0, 1.0)), &dates(even(5.0, 6.0))), None, "dates move by themselves");
    // What was always the same is no longer: above it or below, all has moved.
    for moved in [even(5.0, 9.0), even(-9.0, -5.0)] {
        assert!(psi(&even(1.0, 1.0), &moved).unwrap() > 5.0);
    }
}

#[test]
fn what_is_not_known_of_all_values_is_one_bin() {
    let before = column("c", &[("a", 40), ("b", 20)], 60);
    let after = column("c", &[("a", 10), ("z", 20)], 60);
    // `a` and the rest: 0.4 and 0.6 against 0.1 and 0.9.
    let by_hand = -0.3 * 0.25_f64.ln() + 0.3 * 1.5_f64.ln();
    assert!(close(psi(&before, &after), by_hand));
    assert_eq!(psi(&before, &column("c", &[("y", 10)], 60)), None);
}

fn drift(from: Vec<ColumnProfile>, to: Vec<ColumnProfile>) -> Vec<(String, Change)> {
    let profile = |columns| Profile { rows: 100, columns };
    let (from, to) = (profile(from), profile(to));
    let (a, b) = (DataRef { name: "d".into(), number: 1 }, DataRef { name: "d".into(), number: 2 });
    let side = |reference, profile| Side { reference, rows: None, schema: &[], profile: Some(profile) };
    let drift = Drift::between(side(&a, &from), side(&b, &to));
    drift.columns.into_iter().map(|column| (column.name, column.change)).collect()
}

#[test]
fn columns_are_judged_and_the_worst_comes_first() {
    let same = column("same", &[("a", 50), ("b", 50)], 2);
    let named = |name: &str, column: ColumnProfile| ColumnProfile { name: name.into(), ..column };
    let gaps = |missing| ColumnProfile { count: 100 - missing, missing, ..named("gaps", even(0.0, 1.0)) };
    let found = drift(
        vec![
            same.clone(),
            gaps(0),
            column("new", &[("a", 100)], 1),
            column("kind", &[("1", 100)], 1),
            column("moved", &[("a", 90), ("b", 10)], 2),
            column("gone", &[("a", 100)], 1),
        ],
        vec![
            column("fresh", &[("a", 100)], 1),
            same,
            gaps(8),
            column("new", &[("a", 999), ("b", 1)], 2),
            named("kind", even(0.0, 1.0)),
            column("moved", &[("a", 10), ("b", 90)], 2),
        ],
    );
    let expected = [
        ("fresh", Change::Added),
        ("gone", Change::Removed),
        ("moved", Change::Large),
        ("kind", Change::Large),
        ("new", Change::Moderate),
        ("gaps", Change::Moderate),
        ("same", Change::Stable),
    ];
    assert_eq!(found, expected.map(|(name, change)| (name.to_owned(), change)));
}

#[test]
fn values_are_called_new_only_where_all_are_known() {
    let all = column("c", &[("a", 50)], 1);
    let some = column("c", &[("a", 5)], 900);
    let other = column("c", &[("z", 5)], 1);
    let of = |from: &ColumnProfile, to: &ColumnProfile| {
        let (a, b) = (
            Profile { rows: 9, columns: vec![from.clone()] },
            Profile { rows: 9, columns: vec![to.clone()] },
        );
        let reference = DataRef { name: "d".into(), number: 1 };
        let side = |profile| Side { reference: &reference, rows: None, schema: &[], profile: Some(profile) };
        Drift::between(side(&a), side(&b)).columns.remove(0)
    };
    assert_eq!(of(&all, &other).new_values, ["z"]);
    assert_eq!(of(&all, &other).vanished_values, ["a"]);
    assert!(of(&some, &other).new_values.is_empty());
}

#[test]
fn wrong_records_name_the_place() {
    let digest = "0".repeat(64);
    let column = json!({"name": "a", "kind": "text", "count": 1, "missing": 1, "distinct": 1});
    let cases = [
        (json!({}), "content_digest"),
        (json!({"content_digest": "sha256:0"}), "content_digest"),
        (json!({"snapshot": " "}), "snapshot"),
        (json!({"snapshot": "1", "rows": 9_007_199_254_740_992_u64}), "rows"),
        (
            json!({"snapshot": "1", "schema": [{"name": "a", "type": "x"}, {"name": "a", "type": "y"}]}),
            "schema[1].name",
        ),
        (json!({"snapshot": "1", "schema": [{"name": "a", "type": ""}]}), "schema[0].type"),
        (json!({"snapshot": "1", "rows": 3, "profile": {"rows": 2, "columns": []}}), "profile.rows"),
        (json!({"snapshot": "1", "profile": {"rows": 1, "columns": [column]}}), "profile.columns[0].count"),
        (
            json!({"content_digest": digest, "schema": [{"name": "b", "type": "x"}], "profile": {"rows": 2, "columns": [column]}}),
            "profile.columns[0].name",
        ),
    ];
    for (record, field) in cases {
        let parsed: DatasetRecord = serde_json::from_value(record.clone()).unwrap();
        assert_eq!(parsed.check().expect_err(&record.to_string()).field, field);
    }
    assert_eq!(PipelineRecord::default().check().unwrap_err().field, "code");
}

#[test]
fn references_round_trip() {
    assert_eq!("claims 2025@12".parse::<DataRef>().map(|r| r.to_string()), Ok("claims 2025@12".into()));
    for wrong in ["claims", "claims@0", "claims@", "@1", "a/b@1", "a@+1", "a@1x"] {
        assert!(wrong.parse::<DataRef>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn shares_grow_with_the_value(mut points in prop::collection::vec(-1e6_f64..1e6, 51), x in -2e6_f64..2e6, more in 0.0_f64..1e6) {
        points.sort_by(f64::total_cmp);
        let numbers = Numbers { min: points[0], max: points[50], mean: 0.0, std: 1.0, quantiles: points.clone() };
        let (low, high) = (numbers.share_up_to(x), numbers.share_up_to(x + more));
        prop_assert!((0.0..=1.0).contains(&low) && low <= high);
        prop_assert_eq!(numbers.share_up_to(points[50]), 1.0);
    }

    #[test]
    fn the_index_is_never_negative(a in prop::collection::vec(1_u64..500, 1..8), b in prop::collection::vec(1_u64..500, 1..8)) {
        let of = |counts: &[u64]| {
            let names: Vec<String> = (0..counts.len()).map(|n| n.to_string()).collect();
            let pairs: Vec<_> = names.iter().map(String::as_str).zip(counts.iter().copied()).collect();
            column("c", &pairs, u64::try_from(counts.len()).unwrap())
        };
        prop_assert!(psi(&of(&a), &of(&b)).unwrap() >= 0.0);
    }
}
