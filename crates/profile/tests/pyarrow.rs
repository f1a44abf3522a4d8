//! A file as another program writes it: `pyarrow.parquet`, by pyarrow 22 or
//! later with its own types, in three row groups, pages of version 2, zstd.

use std::path::Path;
use weighhouse_types::datasets::{ColumnKind, ColumnProfile, Record};

#[test]
fn a_file_of_pyarrow_is_read_as_it_was_meant() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyarrow.parquet");
    let found = weighhouse_profile::profile(&path, &|_| ()).unwrap();
    let schema: Vec<_> = found.schema.iter().map(|f| format!("{} {}", f.name, f.kind)).collect();
    assert_eq!(
        schema,
        [
            "id uint32",
            "big uint64",
            "word string",
            "kind string",
            "half float",
            "day date",
            "at timestamp",
            "money decimal(20, 2)",
            "raw binary",
            "place.city string",
            "tags.list.element list of string"
        ]
    );
    assert_eq!((found.profile.rows, found.left_out), (100, vec!["tags.list.element".to_owned()]));
    let of = |name: &str| found.profile.columns.iter().find(|c| c.name == name).unwrap();
    let ends = |c: &ColumnProfile| c.numbers.as_ref().map(|n| (n.min, n.max));
    assert_eq!(ends(of("id")), Some((0.0, 99.0)));
    assert_eq!(ends(of("big")).map(|(min, _)| min), Some(9_223_372_036_854_775_808.0));
    assert_eq!(of("big").distinct, 100, "told apart beyond what a float holds");
    assert_eq!((of("word").missing, of("word").distinct), (10, 3));
    assert_eq!(of("kind").top.first().map(|top| (top.value.as_str(), top.count)), Some(("a", 50)));
    assert_eq!(ends(of("half")), Some((0.0, 49.5)));
    assert_eq!(
        (of("day").kind, ends(of("day"))),
        (ColumnKind::Time, Some((1_735_689_600.0, 1_744_243_200.0)))
    );
    assert_eq!(ends(of("at")), Some((1_735_732_800.0, 1_735_732_800.0 + 99.0 * 3_600.0)));
    assert_eq!(ends(of("money")), Some((0.0, 0.99)));
    assert_eq!((of("raw").kind, of("raw").distinct, of("raw").top.len()), (ColumnKind::Other, 5, 0));
    assert_eq!((of("place.city").missing, of("place.city").distinct), (20, 4));
    let record = weighhouse_types::datasets::DatasetRecord {
        content_digest: Some(found.sha256.clone()),
        schema: found.schema.clone(),
        profile: Some(found.profile.clone()),
        ..Default::default()
    };
    record.check().unwrap();
}
