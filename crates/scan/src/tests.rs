//! Pickles by hand, and bytes by chance: nothing panics, nothing runs away.

use crate::{Report, Scanner};
use proptest::prelude::*;
use std::io::Cursor;
use weighhouse_types::attestations::{Scan, Severity};

fn scan(path: &str, bytes: &[u8]) -> Scan {
    let mut report = Report::default();
    Scanner::new(&mut report, path).file(&mut Cursor::new(bytes)).unwrap();
    report.finish()
}

/// What was found of a severity, in order.
fn found(path: &str, bytes: &[u8], severity: Severity) -> Vec<String> {
    let findings = scan(path, bytes).findings;
    findings.into_iter().filter(|f| f.severity == severity).map(|f| f.what).collect()
}

#[test]
fn every_way_to_import_is_seen() {
    let cases: [&[u8]; 7] = [
        b"cos\nsystem\n(S'id'\ntR.",
        b"cos\r\nsystem\r\n(S'id'\ntR.",
        b"(S'id'\nios\nsystem\n.",
        b"(cos\nsystem\nS'id'\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
        // Through the memo, counted and numbered.
        b"\x80\x04\x8c\x02os\x940\x8c\x06system\x940h\x00h\x01\x93.",
        b"\x80\x02U\x02osq\x05U\x06systemq\x07g5\ng7\n\x93.",
    ];
    for bytes in cases {
        assert_eq!(found("a.pkl", bytes, Severity::Danger), ["os.system"], "{bytes:?}");
    }
}

#[test]
fn names_that_are_made_up_are_dangerous() {
    let computed = b"\x80\x04K\x01K\x02\x93.";
    assert_eq!(found("a.pkl", computed, Severity::Danger), ["an import without a plain name"]);
    assert_eq!(found("a.pkl", b"\x80\x02\x82\x01.", Severity::Warning), ["an import by number"]);
}

/// Behind the five pickles of `PyTorch`'s old format come the bytes of tensors.
#[test]
fn bytes_of_tensors_are_no_imports_but_a_name_among_them_is() {
    let pickles = b"\x80\x02K\x01.".repeat(5);
    let with = |rest: &[u8]| [pickles.as_slice(), rest].concat();
    for chance in [&b"\x82\x01\x05"[..], b"\x80\x02\x93.", b"\x80\x02\xff"] {
        assert_eq!(scan("a.pth", &with(chance)).findings, [], "{chance:?}");
    }
    assert_eq!(found("a.pth", &with(b"cos\nsystem\n."), Severity::Danger), ["os.system"]);
    let four = [&pickles[5..], b"\x80\x02\x82\x01."].concat();
    assert_eq!(found("a.pth", &four, Severity::Warning), ["an import by number"]);
}

#[test]
fn what_comes_before_a_break_counts() {
    let broken = b"\x80\x02cos\nsystem\n\xffgarbage";
    assert_eq!(found("weights.dat", broken, Severity::Danger), ["os.system"]);
    assert_eq!(found("weights.dat", broken, Severity::Warning), ["not read to the end"]);
}

#[test]
fn what_stands_behind_a_pickle_counts() {
    // As PyTorch's old format: pickles behind one another.
    let two = b"\x80\x02K\x01.\x80\x02cos\nsystem\n.\x00\x01\x02";
    assert_eq!(found("old.pt", two, Severity::Danger), ["os.system"]);
    assert!(found("old.pt", two, Severity::Warning).is_empty());
    assert_eq!(found("old.pt", b"\x80\x02K\x01.cos\nsystem\n.", Severity::Danger), ["os.system"]);
}

#[test]
fn a_name_does_not_hide_a_pickle() {
    assert_eq!(found("model.onnx", b"\x80\x02cos\nsystem\n.", Severity::Danger), ["os.system"]);
    assert_eq!(scan("model.txt", b"cos\nsystem\n.").formats["text"], 1);
}

#[test]
fn sizes_that_lie_cost_nothing() {
    for bytes in [
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80\x02X\xff\xff\xff\xff",
        b"\x80\x02\x8b\xff\xff\xff\xff",
    ] {
        assert_eq!(found("a.pkl", bytes, Severity::Warning), ["not read to the end"]);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        name in proptest::sample::select(vec!["a.pkl", "a.pt", "a.npy", "a.bin", "a", "a.joblib"]),
    ) {
        scan(name, &bytes);
    }

    /// Mostly instructions, so that the machine gets far.
    #[test]
    fn any_program_is_survived(
        body in proptest::collection::vec(proptest::sample::select(
            b"(.012FIJKLMNPQRSTUVXabcdeghijlopqrstu})]BCG\x80\x81\x82\x85\x86\x87\x88\x8a\x8c\x90\x92\x93\x94\x95\n\x001ax".to_vec()), 0..400),
    ) {
        let mut bytes = b"\x80\x04".to_vec();
        bytes.extend(body);
        scan("a.pkl", &bytes);
    }

    #[test]
    fn a_damaged_archive_is_survived(at in 0_usize..200, byte in any::<u8>()) {
        let mut bytes = ZIP.to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        scan("a.pt", &bytes);
    }
}

/// An archive with one stored pickle, `p`, that imports `os.system`.
const ZIP: &[u8] =
    b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\x0e\0\0\0\x0e\0\0\0\x01\0\0\0p\x80\x02cos\nsystem\n.\
PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\x0e\0\0\0\x0e\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0p\
PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x2d\0\0\0\0\0";

#[test]
fn archives_are_looked_into() {
    assert_eq!(found("a.pt", ZIP, Severity::Danger), ["os.system"]);
    let before = [b"#!/bin/sh\n".as_slice(), ZIP].concat();
    assert_eq!(found("a.bin", &before, Severity::Danger), ["os.system"]);
}
