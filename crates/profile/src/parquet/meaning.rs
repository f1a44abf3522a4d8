//! What the values of a Parquet column mean, beyond how they are stored.

use super::ColumnKind;
use crate::value::{Value, as_float};
use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use ::parquet::schema::types::ColumnDescPtr;

/// What values are, where the way of storing does not say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Meaning {
    /// As they are stored.
    Plain(ColumnKind),
    Text,
    /// Days since 1970.
    Date,
    /// Moments, so many units a second.
    Moment(f64),
    /// Whole numbers without a sign.
    Unsigned,
    /// Whole numbers in units of a power of ten.
    Decimal(i32),
    /// Floats of 16 bits.
    Half,
}

impl Meaning {
    pub(super) fn of(column: &ColumnDescPtr) -> Self {
        let per_second = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1e3,
            TimeUnit::MICROS => 1e6,
            TimeUnit::NANOS => 1e9,
        };
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
            | (None, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON) => Self::Text,
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Self::Date,
            (Some(LogicalType::Timestamp(at)), _) => Self::Moment(per_second(&at.unit)),
            (None, ConvertedType::TIMESTAMP_MILLIS) => Self::Moment(1e3),
            (None, ConvertedType::TIMESTAMP_MICROS) => Self::Moment(1e6),
            (Some(LogicalType::Integer(int)), _) if !int.is_signed => Self::Unsigned,
            (
                None,
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
            ) => Self::Unsigned,
            (Some(LogicalType::Decimal(decimal)), _) => Self::Decimal(decimal.scale),
            (None, ConvertedType::DECIMAL) => Self::Decimal(column.type_scale()),
            (Some(LogicalType::Float16), _) => Self::Half,
            _ => Self::Plain(match column.physical_type() {
                Type::BOOLEAN => ColumnKind::Boolean,
                Type::INT32 | Type::INT64 => ColumnKind::Integer,
                Type::INT96 => ColumnKind::Time,
                Type::FLOAT | Type::DOUBLE => ColumnKind::Number,
                Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => ColumnKind::Other,
            }),
        }
    }

    pub(super) const fn kind(&self) -> ColumnKind {
        match self {
            Self::Plain(kind) => *kind,
            Self::Text => ColumnKind::Text,
            Self::Date | Self::Moment(_) => ColumnKind::Time,
            Self::Unsigned => ColumnKind::Integer,
            Self::Decimal(_) | Self::Half => ColumnKind::Number,
        }
    }

    #[inline]
    pub(super) fn whole_32(&self, whole: i32) -> Value<'static> {
        match self {
            // The same bits, read without a sign.
            Self::Unsigned => self.whole(i64::from(whole.cast_unsigned())),
            _ => self.whole(i64::from(whole)),
        }
    }

    #[inline]
    pub(super) fn whole(&self, whole: i64) -> Value<'static> {
        match self {
            Self::Date => moment(as_float(whole) * 86_400.0),
            Self::Moment(per_second) => moment(as_float(whole) / per_second),
            Self::Decimal(scale) => number(as_float(whole) / 10_f64.powi(*scale)),
            // Beyond 2^63, near enough for how numbers lie; the key is exact.
            Self::Unsigned if whole < 0 => {
                Value::Number(as_float(whole) + 18_446_744_073_709_551_616.0, whole.cast_unsigned())
            }
            _ => Value::Number(as_float(whole), whole.cast_unsigned()),
        }
    }
}

pub(super) fn moment(seconds: f64) -> Value<'static> {
    number(seconds)
}

/// A number; what is none, or infinite, is missing.
#[inline]
pub(super) fn number(number: f64) -> Value<'static> {
    if number.is_finite() {
        // One zero.
        let number = number + 0.0;
        Value::Number(number, number.to_bits())
    } else {
        Value::Missing
    }
}

/// A decimal of big-endian bytes in two's complement.
pub(super) fn decimal(bytes: &[u8], scale: i32) -> Value<'static> {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let digit = |sum: f64, byte: &u8| sum * 256.0 + f64::from(if negative { !byte } else { *byte });
    let size = bytes.iter().fold(0.0, digit);
    let whole = if negative { -size - 1.0 } else { size };
    number(whole / 10_f64.powi(scale))
}

/// A float of 16 bits, little-endian.
pub(super) fn half(bytes: &[u8]) -> Value<'static> {
    let [low, high] = bytes else { return Value::Missing };
    let bits = u16::from_le_bytes([*low, *high]);
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-14),
        31 => f64::INFINITY,
        _ => (1.0 + fraction) * 2_f64.powi(exponent - 15),
    };
    number(if bits & 0x8000 == 0 { size } else { -size })
}

/// A column's type as people call it.
pub(super) fn words(column: &ColumnDescPtr) -> String {
    let stored = match column.physical_type() {
        Type::BOOLEAN => "boolean",
        Type::INT32 => "int32",
        Type::INT64 => "int64",
        Type::INT96 => "timestamp",
        Type::FLOAT => "float",
        Type::DOUBLE => "double",
        Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => "binary",
    };
    let one = match (Meaning::of(column), column.logical_type_ref()) {
        (Meaning::Text, _) => "string".to_owned(),
        (Meaning::Date, _) => "date".into(),
        (Meaning::Moment(_), _) => "timestamp".into(),
        (Meaning::Unsigned, _) => format!("u{stored}"),
        (Meaning::Decimal(scale), _) => format!("decimal({}, {scale})", column.type_precision()),
        (Meaning::Half, _) => "float16".into(),
        (Meaning::Plain(_), Some(LogicalType::Uuid)) => "uuid".into(),
        (Meaning::Plain(_), Some(LogicalType::Time(_))) => "time".into(),
        (Meaning::Plain(_), _) => stored.into(),
    };
    if column.max_rep_level() > 0 { format!("list of {one}") } else { one }
}
