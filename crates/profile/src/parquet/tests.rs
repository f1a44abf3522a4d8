use crate::{Format, Profiled};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use weighhouse_types::datasets::ColumnKind;

const SCHEMA: &str = "message rows {
    required int64 id;
    optional double amount;
    optional binary region (UTF8);
    required int32 on (DATE);
    required int64 at (TIMESTAMP(MICROS, true));
    required int32 price (DECIMAL(9, 2));
    required boolean ok;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
}";

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
    repeated: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, repeated).unwrap();
    column.close().unwrap();
}

/// Rows in groups of 1,000; every fourth amount is missing, every tenth is no number.
fn file(path: &Path, compression: Compression, groups: i64) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
    for n in 0..groups {
        let rows: Vec<i64> = (n * 1000..(n + 1) * 1000).collect();
        let small: Vec<i32> = rows.iter().map(|r| i32::try_from(*r).unwrap()).collect();
        let mut group = writer.next_row_group().unwrap();
        write::<Int64Type>(&mut group, &rows, None, None);
        let amount = |r: &i64| if r % 10 == 1 { f64::NAN } else { f64::from(i32::try_from(*r).unwrap()) };
        let amounts: Vec<f64> = rows.iter().filter(|r| *r % 4 != 0).map(amount).collect();
        let levels: Vec<i16> = rows.iter().map(|r| i16::from(r % 4 != 0)).collect();
        write::<DoubleType>(&mut group, &amounts, Some(&levels), None);
        let regions: Vec<ByteArray> =
            rows.iter().map(|r| if r % 3 == 0 { "East" } else { "Wést" }.into()).collect();
        write::<ByteArrayType>(&mut group, &regions, Some(&vec![1; 1000]), None);
        write::<Int32Type>(&mut group, &small.iter().map(|r| r % 2).collect::<Vec<_>>(), None, None);
        write::<Int64Type>(&mut group, &rows.iter().map(|r| r * 1_000_000).collect::<Vec<_>>(), None, None);
        write::<Int32Type>(&mut group, &small, None, None);
        write::<BoolType>(&mut group, &rows.iter().map(|r| r % 5 == 0).collect::<Vec<_>>(), None, None);
        let tags: Vec<ByteArray> = vec!["t".into(); 1000];
        write::<ByteArrayType>(&mut group, &tags, Some(&vec![3; 1000]), Some(&vec![0; 1000]));
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn profiled(compression: Compression, groups: i64) -> Profiled {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    file(&path, compression, groups);
    let found = crate::profile(&path, &|_| ()).unwrap();
    assert_eq!(found.sha256, crate::digest::sha256(&path, &|_| ()).unwrap());
    found
}

#[test]
fn every_type_is_read_as_what_it_means() {
    let found = profiled(Compression::SNAPPY, 20);
    assert_eq!((found.format, found.profile.rows), (Format::Parquet, 20_000));
    let schema: Vec<_> = found.schema.iter().map(|f| format!("{} {}", f.name, f.kind)).collect();
    assert_eq!(
        schema,
        [
            "id int64",
            "amount double",
            "region string",
            "on date",
            "at timestamp",
            "price decimal(9, 2)",
            "ok boolean",
            "tags.list.element list of string"
        ]
    );
    assert_eq!(found.left_out, ["tags.list.element"]);
    let [id, amount, region, on, at, price, ok] = &found.profile.columns[..] else { panic!() };
    let numbers = id.numbers.as_ref().unwrap();
    assert_eq!(
        (id.kind, numbers.min, numbers.max, numbers.mean),
        (ColumnKind::Integer, 0.0, 19_999.0, 9_999.5)
    );
    // A quarter is absent; of the others, one in ten is no number, none of them at an even row.
    assert_eq!((amount.count, amount.missing), (13_000, 7_000));
    let tops: Vec<_> = region.top.iter().map(|t| (t.value.as_str(), t.count)).collect();
    assert_eq!(tops, [("Wést", 13_333), ("East", 6_667)]);
    assert_eq!((on.kind, on.top[0].value.as_str()), (ColumnKind::Time, "1970-01-01"));
    assert_eq!(at.numbers.as_ref().map(|n| n.max), Some(19_999.0));
    assert_eq!(price.numbers.as_ref().map(|n| n.max), Some(199.99));
    assert_eq!((ok.kind, ok.top[0].count), (ColumnKind::Boolean, 16_000));
}

#[test]
fn every_usual_compression_is_read_alike() {
    let plain = profiled(Compression::UNCOMPRESSED, 2);
    for compression in [
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        assert_eq!(profiled(compression, 2).profile, plain.profile, "{compression:?}");
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    file(&path, Compression::UNCOMPRESSED, 2);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(crate::profile(&path, &|_| ()).unwrap_err().to_string().contains("cannot be read"));
    let mut bad = whole.clone();
    let at = whole.windows(5).position(|w| w == "Wést".as_bytes()).unwrap();
    bad[at + 1] = 0xff;
    std::fs::write(&path, &bad).unwrap();
    let error = crate::profile(&path, &|_| ()).unwrap_err().to_string();
    assert!(error.contains("column ‘region’") && error.contains("not UTF-8"), "{error}");
}

#[test]
fn numbers_of_bytes_are_read() {
    use super::meaning::{decimal, half};
    use crate::value::Value;
    let number = |value: Value<'_>| if let Value::Number(number, _) = value { number } else { f64::NAN };
    assert_eq!(number(decimal(&[0xff, 0x85], 2)), -1.23);
    assert_eq!(number(decimal(&[0x30, 0x39], 3)), 12.345);
    assert_eq!(number(half(&[0x00, 0x3c])), 1.0);
    assert_eq!(number(half(&[0x00, 0xc4])), -4.0);
    assert_eq!(half(&[0x00, 0x7c]), Value::Missing);
}
