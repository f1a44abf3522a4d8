//! Writes synthetic data for the figures of BENCHMARKS.md: `sample FILE BYTES`,
//! CSV or, by its name, Parquet of about so many bytes.

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

const SCHEMA: &str = "message rows {
    required int64 id; required int64 at (TIMESTAMP(MICROS, true)); required binary region (UTF8);
    required double amount; optional double rate; required int64 items; required boolean late;
    required binary code (UTF8);
}";
const REGIONS: [&str; 6] = ["North", "South", "East", "West", "Centre", "Abroad"];
/// Rows written at once, and of a row group.
const GROUP: u64 = 200_000;

/// One row, drawn from its number alone.
struct Row {
    id: i64,
    at: i64,
    region: &'static str,
    amount: f64,
    rate: Option<f64>,
    items: i64,
    late: bool,
    code: String,
}

/// A share from 0 to 1, the same every time.
fn share(seed: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    f64::from(u32::try_from((x ^ (x >> 29)) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

fn row(n: u64) -> Result<Row, Box<dyn Error>> {
    let of = |k: u64| share(n * 8 + k);
    let id = i64::try_from(n)?;
    let region = REGIONS.iter().copied().nth(usize::try_from(n * 7 % 11 % 6)?).unwrap_or_default();
    let amount = (20.0 - 300.0 * (1.0 - of(0) * 0.999).ln() * 100.0).round() / 100.0;
    let rate = (of(1) > 0.02).then(|| (of(2) * 1e6).round() / 1e6);
    let items = i64::from(u8::from(of(3) > 0.3)) + id % 7;
    let code = format!("C{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff);
    Ok(Row { id, at: 1_735_689_600 + id, region, amount, rate, items, late: of(4) < 0.2, code })
}

fn csv(file: File, bytes: u64) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut written = 0;
    out.write_all(b"id,at,region,amount,rate,items,late,code\n")?;
    for n in 0.. {
        let Row { id, at, region, amount, rate, items, late, code } = row(n)?;
        let at = chrono::DateTime::from_timestamp(at, 0).ok_or("no moment")?.format("%Y-%m-%dT%H:%M:%SZ");
        let rate = rate.map(|rate| rate.to_string()).unwrap_or_default();
        let line = format!("{id},{at},{region},{amount},{rate},{items},{late},{code}\n");
        out.write_all(line.as_bytes())?;
        written += u64::try_from(line.len())?;
        if written >= bytes {
            break;
        }
    }
    Ok(out.flush()?)
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), Box<dyn Error>> {
    let mut column = group.next_column()?.ok_or("no column")?;
    column.typed::<T>().write_batch(values, levels, None)?;
    Ok(column.close()?)
}

fn parquet(file: File, bytes: u64) -> Result<(), Box<dyn Error>> {
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let seen = file.try_clone()?;
    let mut writer = SerializedFileWriter::new(file, Arc::new(parse_message_type(SCHEMA)?), properties)?;
    let mut next = 0;
    while seen.metadata()?.len() < bytes {
        let rows = (next..next + GROUP).map(row).collect::<Result<Vec<_>, _>>()?;
        next += GROUP;
        let mut group = writer.next_row_group()?;
        column::<Int64Type>(&mut group, &rows.iter().map(|r| r.id).collect::<Vec<_>>(), None)?;
        column::<Int64Type>(&mut group, &rows.iter().map(|r| r.at * 1_000_000).collect::<Vec<_>>(), None)?;
        let regions: Vec<ByteArray> = rows.iter().map(|r| r.region.into()).collect();
        column::<ByteArrayType>(&mut group, &regions, None)?;
        column::<DoubleType>(&mut group, &rows.iter().map(|r| r.amount).collect::<Vec<_>>(), None)?;
        let rates: Vec<f64> = rows.iter().filter_map(|r| r.rate).collect();
        let levels: Vec<i16> = rows.iter().map(|r| i16::from(r.rate.is_some())).collect();
        column::<DoubleType>(&mut group, &rates, Some(&levels))?;
        column::<Int64Type>(&mut group, &rows.iter().map(|r| r.items).collect::<Vec<_>>(), None)?;
        column::<BoolType>(&mut group, &rows.iter().map(|r| r.late).collect::<Vec<_>>(), None)?;
        let codes: Vec<ByteArray> = rows.iter().map(|r| r.code.as_str().into()).collect();
        column::<ByteArrayType>(&mut group, &codes, None)?;
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(bytes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: sample FILE BYTES".into());
    };
    let file = File::create(&path)?;
    if path.ends_with(".parquet") { parquet(file, bytes.parse()?) } else { csv(file, bytes.parse()?) }
}
