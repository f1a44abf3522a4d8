//! The scanner against files that Python's own libraries write: every
//! protocol, and what holds pickles inside.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use weighhouse_scan::{Report, Scanner};
use weighhouse_types::attestations::{Scan, Severity};

const MAKE: &str = r#"
import collections, datetime, decimal, gzip, io, os, pickle, zipfile
import joblib, numpy

class Evil:
    def __reduce__(self):
        return (os.system, ('true',))

class Indirect:
    def __reduce__(self):
        return (eval, ("__import__('os').system('true')",))

good = {'a': [1, -5, 2**80, 1.5, 'x' * 300, b'y' * 300, None, True], 'when': datetime.datetime(2026, 1, 1),
        'c': collections.OrderedDict(x=decimal.Decimal('1.5')), 's': {1, 2}, 'f': frozenset([3]),
        'np': numpy.arange(7), 'many': list(range(3000))}
for protocol in range(6):
    for name, value in {'good': good, 'bad': [good, Evil()], 'worse': {'k': Indirect()}}.items():
        open(f'{name}-{protocol}.pkl', 'wb').write(pickle.dumps(value, protocol))

arrays = {'big': numpy.arange(200000, dtype='f8'), 'flags': numpy.array([True, False]),
          'text': numpy.array(['a', 'bcd']), 'objects': numpy.array([1, 'x', None], dtype=object),
          'again': numpy.zeros((3, 4), dtype='i2')}
joblib.dump(arrays, 'good.joblib')
joblib.dump(arrays, 'good-z.joblib', compress=('zlib', 3))
joblib.dump(arrays, 'good-gz.joblib', compress=('gzip', 3))
joblib.dump([arrays, Evil()], 'bad.joblib')
joblib.dump([arrays, Evil()], 'bad-z.joblib', compress=('zlib', 3))
joblib.dump([numpy.array([Evil()], dtype=object), arrays], 'bad-objects.joblib')
joblib.dump(arrays, 'packed.joblib', compress=('xz', 3))

numpy.savez('good.npz', a=numpy.arange(5))
numpy.savez_compressed('bad.npz', a=numpy.array([Evil()], dtype=object))
numpy.save('bad.npy', numpy.array([Evil()], dtype=object))
numpy.save('good.npy', numpy.arange(5))

# As PyTorch writes them: a zip with data.pkl, and before 1.6 pickles behind one another.
def torch(name, value):
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_STORED) as z:
        with z.open('archive/data.pkl', 'w', force_zip64=True) as f:
            f.write(pickle.dumps(value, 2))
        z.writestr('archive/data/0', os.urandom(100))
torch('good.pt', good)
torch('bad.pt', Evil())
old = io.BytesIO()
for part in (0x1950a86a20f9469cfc6c, 1001, {'little_endian': True}, Evil(), ['0']):
    pickle.dump(part, old, 2)
open('bad-old.pth', 'wb').write(old.getvalue() + os.urandom(50))
"#;

fn scan(path: &Path) -> Scan {
    let mut report = Report::default();
    let name = path.file_name().unwrap().to_str().unwrap();
    Scanner::new(&mut report, name).file(&mut File::open(path).unwrap()).unwrap();
    report.finish()
}

#[test]
fn real_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python3");
    let made = Command::new(python).args(["-c", MAKE]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let found = scan(&path);
        let (dangers, warnings) = (found.count(Severity::Danger), found.count(Severity::Warning));
        let what: Vec<_> = found.findings.iter().map(|f| f.what.as_str()).collect();
        match name.split(['-', '.']).next().unwrap() {
            "good" => assert_eq!((dangers, warnings), (0, 0), "{name}: {found:?}"),
            "bad" => assert!(what.contains(&"posix.system") && warnings == 0, "{name}: {found:?}"),
            "worse" => assert!(what.iter().any(|w| w.ends_with(".eval")), "{name}: {found:?}"),
            "packed" => assert_eq!((dangers, warnings), (0, 1), "{name}: {found:?}"),
            other => panic!("{other}"),
        }
        seen += 1;
    }
    assert!(seen > 30, "{seen} files");
}
