use super::*;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use weighhouse_types::datasets::{ColumnProfile, Record as _};

fn of(name: &str, bytes: &[u8]) -> Result<Profiled, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    crate::profile(&path, &|_| ())
}

fn csv(text: &str) -> Profiled {
    of("a.csv", text.as_bytes()).unwrap()
}

fn wrong(bytes: &[u8]) -> String {
    of("a.csv", bytes).unwrap_err().to_string()
}

fn tops(column: &ColumnProfile) -> Vec<(&str, u64)> {
    column.top.iter().map(|top| (top.value.as_str(), top.count)).collect()
}

#[test]
fn a_small_file_is_read_as_it_stands() {
    let text = "\u{feff}id,region,amount,at,ok,code\r\n1,East,1.5,2025-01-01,true,007\r\n2,\"We\"\"st,\nside\",,2025-01-02,false,010\r\n\r\n3,East,2,NA,true,007";
    let found = csv(text);
    assert_eq!(found.sha256, hex::encode(Sha256::digest(text)));
    let kinds: Vec<_> = found.schema.iter().map(|f| format!("{} {}", f.name, f.kind)).collect();
    assert_eq!(kinds, ["id integer", "region text", "amount number", "at time", "ok boolean", "code text"]);
    assert_eq!(found.profile.rows, 3);
    let [id, region, amount, at, ok, code] = &found.profile.columns[..] else { panic!() };
    assert_eq!((id.count, id.missing, id.distinct), (3, 0, 3));
    assert_eq!(tops(region), [("East", 2), ("We\"st,\nside", 1)]);
    assert_eq!((amount.count, amount.missing), (2, 1));
    assert_eq!(amount.numbers.as_ref().map(|n| (n.min, n.max, n.mean)), Some((1.5, 2.0, 1.75)));
    assert_eq!(tops(at), [("2025-01-01", 1), ("2025-01-02", 1)]);
    assert_eq!(tops(ok), [("true", 2), ("false", 1)]);
    assert_eq!(tops(code), [("007", 2), ("010", 1)]);
}

#[test]
fn what_stands_between_columns_is_found_out() {
    for (mark, name) in [(';', "a.csv"), ('\t', "a.tsv"), ('|', "a.txt"), (',', "data")] {
        let text = format!("\"a,b\"{mark}c\n1{mark}2\n");
        let names: Vec<_> = of(name, text.as_bytes()).unwrap().schema.into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a,b", "c"], "{mark}");
    }
    assert_eq!(csv("a\n1\n\n2\n").profile.rows, 2);
    assert_eq!(csv(",b\n1,2\n").schema[0].name, "column_1");
    assert_eq!(csv("a,b\n").profile.rows, 0);
}

#[test]
fn broken_files_say_the_line() {
    for (bytes, said) in [
        (&b"a,b\n1,2\n3\n"[..], "line 3: has 1 field, and the header names 2 columns"),
        (b"a,b\n1,2,3\n", "line 2: has 3 fields, and the header names 2 columns"),
        (b"a,b\n1,\"2\n3,4\n", "line 2: opens a quote that is not closed"),
        (b"a,b\n1,5\" pipe\n", "line 2: has a quote inside of a field"),
        (b"a,b\n1,\"2\"x\n", "line 2: has text behind a closing quote"),
        (b"a,b\n1,2\n3,\xff\n", "line 3: holds bytes that are not UTF-8"),
        (b"a,a\n", "line 1: two columns are named"),
        (b"", "it is empty"),
        (b"\x1f\x8b\x08", "it is compressed with gzip"),
        (b"PK\x03\x04", "it is a ZIP file"),
        (b"a\0b", "it is no text"),
        (b"\xff\xfea\0", "it is text in UTF-16"),
    ] {
        let error = wrong(bytes);
        assert!(error.starts_with(said), "{said}: {error}");
    }
    let json = of("a.json", b"{}").unwrap_err().to_string();
    assert!(json.starts_with("it is JSON"), "{json}");
    let damaged = of("a.parquet", b"PAR1 and no more").unwrap_err().to_string();
    assert!(damaged.starts_with("the Parquet file cannot be read"), "{damaged}");
}

/// Several chunks of records; `row` writes the n-th.
fn large(header: &str, rows: usize, row: impl Fn(&mut String, usize)) -> String {
    let mut text = format!("{header}\n");
    for n in 0..rows {
        row(&mut text, n);
        text.push('\n');
    }
    assert!(text.len() > 2 << 20, "several chunks");
    text
}

#[test]
fn a_large_file_is_counted_exactly_and_always_alike() {
    let rows = 150_000;
    let text = large("n,half,name,text", rows, |text, n| {
        let _ = write!(
            text,
            "{n},{},name-{},\"line\nand \"\"quote\"\" {}\"",
            f64::from(u32::try_from(n).unwrap()) / 2.0,
            n % 5,
            n % 3
        );
    });
    let found = csv(&text);
    assert_eq!(found, csv(&text), "the same file, the same profile");
    assert_eq!(found.profile.rows, 150_000);
    let [n, half, name, quoted] = &found.profile.columns[..] else { panic!() };
    let numbers = n.numbers.as_ref().unwrap();
    assert_eq!((numbers.min, numbers.max, numbers.mean), (0.0, 149_999.0, 74_999.5));
    assert!((numbers.std - 43_301.4).abs() < 0.1, "{}", numbers.std);
    assert!((numbers.quantiles[25] - 75_000.0).abs() < 1_500.0);
    assert!(n.distinct.abs_diff(150_000) < 3_000 && n.top.is_empty());
    assert_eq!(half.kind, ColumnKind::Number);
    assert_eq!(name.distinct, 5);
    assert!(name.top.iter().all(|top| top.count == 30_000));
    assert_eq!(tops(quoted)[0], ("line\nand \"quote\" 0", 50_000));
}

#[test]
fn a_type_that_a_late_value_widens_holds_for_all() {
    let text = large("a,b,c", 400_000, |text, n| {
        let a = if n == 250_000 { "oops" } else { "17" };
        let b = if n == 399_999 { "0.5" } else { "2" };
        let c = if n < 200_000 { "" } else { "2025-01-01" };
        let _ = write!(text, "{a},{b},{c}{}", if n % 2 == 0 { "\r" } else { "" });
    });
    let found = csv(&text);
    let [a, b, c] = &found.profile.columns[..] else { panic!() };
    assert_eq!((a.kind, tops(a)), (ColumnKind::Text, vec![("17", 399_999), ("oops", 1)]));
    assert_eq!((b.kind, tops(b)), (ColumnKind::Number, vec![("2", 399_999), ("0.5", 1)]));
    assert_eq!((c.kind, c.missing), (ColumnKind::Time, 200_000));
}

#[test]
fn the_first_broken_line_of_a_large_file_is_named() {
    let text = large("a,b", 700_000, |text, n| {
        let _ = write!(text, "{n},{}", if n == 400_000 || n == 690_000 { "1,2" } else { "1" });
    });
    assert!(wrong(text.as_bytes()).starts_with("line 400002: has 3 fields"), "{}", wrong(text.as_bytes()));
    let open = large("a,b", 700_000, |text, n| {
        let _ = write!(text, "{n},{}", if n == 100_000 { "\"x" } else { "1" });
    });
    assert!(wrong(open.as_bytes()).starts_with("line 100002: opens a quote"), "{}", wrong(open.as_bytes()));
}

proptest! {
    #[test]
    fn what_was_written_is_counted(rows in prop::collection::vec(("[ -~\n\"é]{0,12}", any::<i16>()), 1..40)) {
        let mut text = "t,n\n".to_owned();
        for (words, number) in &rows {
            let _ = writeln!(text, "\"{}\",{number}", words.replace('"', "\"\""));
        }
        let found = csv(&text);
        let [words, numbers] = &found.profile.columns[..] else { panic!() };
        prop_assert_eq!(found.profile.rows, u64::try_from(rows.len()).unwrap());
        prop_assert_eq!(words.missing, u64::try_from(rows.iter().filter(|(w, _)| w.is_empty()).count()).unwrap());
        for top in &words.top {
            let count = rows.iter().filter(|(w, _)| *w == top.value).count();
            let read_as_words = words.kind == ColumnKind::Text;
            prop_assert!(!read_as_words || top.count == u64::try_from(count).unwrap());
        }
        prop_assert_eq!(numbers.numbers.as_ref().unwrap().max, f64::from(rows.iter().map(|(_, n)| *n).max().unwrap()));
    }

    #[test]
    fn any_bytes_end_in_a_profile_that_can_be_registered_or_a_refusal(bytes in prop::collection::vec(prop::sample::select(&b"a1,;\"\n\r .-\xc3\xa9e0"[..]), 0..200)) {
        if let Ok(found) = of("a.csv", &bytes) {
            let record = weighhouse_types::datasets::DatasetRecord {
                content_digest: Some(found.sha256),
                rows: Some(found.profile.rows),
                schema: found.schema,
                profile: Some(found.profile),
                ..Default::default()
            };
            prop_assert!(record.check().is_ok(), "{:?}", record.check());
        }
    }
}
