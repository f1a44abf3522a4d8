//! Canonical JSON (RFC 8785): the one byte form of a value, so that anyone
//! computes the same digest of it.
//!
//! Numbers are IEEE doubles, as the RFC demands: a whole number beyond 2^53 - 1
//! comes out as the nearest double. Refuse such numbers where they come in.
//! JSON knows neither NaN nor infinity; inside a value, serde writes `null`.

use crate::Hash;
use serde::Serialize;

/// A value that has no JSON form: a map with keys that are not text, a lone
/// float that is not finite, or a type whose own serialisation fails.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form: {0}")]
pub struct CanonicalError(#[from] serde_json::Error);

/// The canonical JSON bytes of a value.
///
/// # Errors
/// When the value has no JSON form.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

/// SHA-256 over the canonical JSON bytes of a value, in lower-case hex.
///
/// # Errors
/// When the value has no JSON form.
pub fn digest_hex<T: Serialize>(value: &T) -> Result<String, CanonicalError> {
    Ok(Hash::of(&[&to_bytes(value)?]).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn canonical(json: &str) -> String {
        let value: Value = serde_json::from_str(json).unwrap();
        String::from_utf8(to_bytes(&value).unwrap()).unwrap()
    }

    #[test]
    fn rfc_8785_section_3_2_2_example() {
        let input = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let expected = concat!(
            r#"{"literals":[null,true,false],"#,
            r#""numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
            r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
        assert_eq!(canonical(input), expected);
    }

    #[test]
    fn rfc_8785_section_3_2_3_sorts_names_by_utf_16() {
        let input = r#"{
            "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let expected = concat!(
            r#"{"\r":"Carriage Return","1":"One","#,
            "\"\u{80}\":\"Control\",",
            r#""ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","#,
            "\"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
        assert_eq!(canonical(input), expected);
    }

    #[test]
    fn rfc_8785_appendix_b_numbers() {
        let cases = [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ];
        for (bits, text) in cases {
            let bytes = to_bytes(&f64::from_bits(bits)).unwrap();
            assert_eq!(bytes, text.as_bytes(), "{bits:x}");
        }
    }

    #[test]
    fn the_digest_is_over_the_canonical_bytes() {
        // printf '{"a":1,"b":[true,null]}' | sha256sum
        let expected = "1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668";
        let value = json!({"b": [true, null], "a": 1.0});
        assert_eq!(digest_hex(&value).unwrap(), expected);
    }

    #[test]
    fn what_has_no_json_form_is_refused() {
        assert!(to_bytes(&f64::NAN).is_err());
        assert!(to_bytes(&BTreeMap::from([(vec![1], 2)])).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            proptest::num::f64::NORMAL.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_json_is_its_own_canonical_form(value in any_json()) {
            let bytes = to_bytes(&value).unwrap();
            let again: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(to_bytes(&again).unwrap(), bytes);
        }

        #[test]
        fn every_double_survives(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let bytes = to_bytes(&json!({"n": number})).unwrap();
            let again: BTreeMap<String, f64> = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(again["n"].to_bits(), number.to_bits());
        }
    }
}
