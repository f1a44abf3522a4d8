//! What the imports of a pickle mean.
//!
//! A pickle calls what it imports, with arguments of its own choice. Sources:
//! the lists of picklescan and ModelScan (Apache-2.0 and MIT), which come from
//! attacks that were seen; Python's own documentation of what runs commands,
//! code and downloads; the functions that `torch` and `numpy` write by
//! themselves when they save. Not in a list: it is said, and not judged.

/// What is known of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Written by the usual libraries; builds data.
    Known,
    Danger(&'static str),
    Unknown,
}

const COMMANDS: &str = "It runs commands or programs of the machine that loads the file.";
const CODE: &str = "It runs code that the file brings along.";
const NETWORK: &str = "It reaches the network from the machine that loads the file.";
const FILES: &str = "It reads, writes or removes files of the machine that loads the file.";
const REACH: &str = "It reaches anything else of Python, and is how attacks hide what they call.";
const LOADS: &str = "It loads another pickle, which this scan does not see.";
const INSTALLS: &str = "It installs or builds packages on the machine that loads the file.";

/// Modules of which nothing belongs into a model, with all below them.
const MODULES: &[(&str, &str)] = &[
    ("os", COMMANDS),
    ("posix", COMMANDS),
    ("nt", COMMANDS),
    ("subprocess", COMMANDS),
    ("pty", COMMANDS),
    ("commands", COMMANDS),
    ("popen2", COMMANDS),
    ("multiprocessing", COMMANDS),
    ("concurrent", COMMANDS),
    ("asyncio", COMMANDS),
    ("_posixsubprocess", COMMANDS),
    ("_winapi", COMMANDS),
    ("signal", COMMANDS),
    ("webbrowser", COMMANDS),
    ("antigravity", COMMANDS),
    ("pydoc", COMMANDS),
    ("platform", COMMANDS),
    ("_osx_support", COMMANDS),
    ("_aix_support", COMMANDS),
    ("code", CODE),
    ("codeop", CODE),
    ("runpy", CODE),
    ("timeit", CODE),
    ("cProfile", CODE),
    ("profile", CODE),
    ("trace", CODE),
    ("bdb", CODE),
    ("pdb", CODE),
    ("doctest", CODE),
    ("unittest", CODE),
    ("imp", CODE),
    ("importlib", CODE),
    ("zipimport", CODE),
    ("pkgutil", CODE),
    ("ctypes", CODE),
    ("_ctypes", CODE),
    ("cffi", CODE),
    ("idlelib", CODE),
    ("lib2to3", CODE),
    ("marshal", CODE),
    ("types", CODE),
    ("_xxsubinterpreters", CODE),
    ("logging.config", CODE),
    ("numpy.testing", CODE),
    ("numpy.f2py", CODE),
    ("numpy.distutils", CODE),
    ("torch._dynamo", CODE),
    ("torch._inductor", CODE),
    ("torch.hub", CODE),
    ("torch.utils.cpp_extension", CODE),
    ("torch.utils.bottleneck", CODE),
    ("torch.utils.collect_env", CODE),
    ("torch.utils._config_module", CODE),
    ("torch.distributed.rpc", NETWORK),
    ("socket", NETWORK),
    ("_socket", NETWORK),
    ("ssl", NETWORK),
    ("urllib", NETWORK),
    ("urllib2", NETWORK),
    ("urllib3", NETWORK),
    ("http", NETWORK),
    ("httplib", NETWORK),
    ("httpx", NETWORK),
    ("requests", NETWORK),
    ("aiohttp", NETWORK),
    ("ftplib", NETWORK),
    ("smtplib", NETWORK),
    ("telnetlib", NETWORK),
    ("xmlrpc", NETWORK),
    ("paramiko", NETWORK),
    ("shutil", FILES),
    ("tempfile", FILES),
    ("fileinput", FILES),
    ("sqlite3", FILES),
    ("shelve", LOADS),
    ("pickle", LOADS),
    ("_pickle", LOADS),
    ("cPickle", LOADS),
    ("dill", LOADS),
    ("cloudpickle", LOADS),
    ("pip", INSTALLS),
    ("ensurepip", INSTALLS),
    ("venv", INSTALLS),
    ("setuptools", INSTALLS),
    ("distutils", INSTALLS),
    ("sys", REACH),
    ("gc", REACH),
    ("inspect", REACH),
];

/// Single names of modules that are harmless otherwise.
const NAMES: &[(&[&str], &[&str], &str)] = &[
    (
        BUILTINS,
        &["eval", "exec", "execfile", "compile", "__import__", "breakpoint", "apply", "help", "input"],
        CODE,
    ),
    (BUILTINS, &["open", "file"], FILES),
    (
        BUILTINS,
        &[
            "getattr",
            "setattr",
            "delattr",
            "globals",
            "locals",
            "vars",
            "dir",
            "type",
            "super",
            "map",
            "filter",
            "memoryview",
        ],
        REACH,
    ),
    (&["operator", "_operator"], &["attrgetter", "methodcaller", "call"], REACH),
    (&["functools", "_functools"], &["reduce"], REACH),
    (&["io", "_io", "codecs", "_pyio"], &["open", "open_code", "FileIO"], FILES),
    (&["pathlib"], &["Path.write_text", "Path.write_bytes", "Path.unlink"], FILES),
    (&["uuid"], &["_get_command_stdout", "_popen"], COMMANDS),
    (
        &["joblib", "joblib.numpy_pickle", "numpy", "pandas", "pandas.io.pickle"],
        &["load", "read_pickle"],
        LOADS,
    ),
    (&["torch", "torch.serialization", "torch.jit"], &["load"], LOADS),
    (&["torch", "torch.utils.data.datapipes.utils.decoder"], &["compile", "basichandlers"], CODE),
    (&["torch.storage"], &["_load_from_bytes"], LOADS),
];

const BUILTINS: &[&str] = &["builtins", "__builtin__", "__builtins__"];

/// What the usual libraries write, and what only builds data.
const KNOWN: &[(&[&str], &[&str])] = &[
    (
        BUILTINS,
        &[
            "bool",
            "bytearray",
            "bytes",
            "complex",
            "dict",
            "float",
            "frozenset",
            "int",
            "list",
            "object",
            "range",
            "xrange",
            "long",
            "unicode",
            "set",
            "slice",
            "str",
            "tuple",
            "Ellipsis",
            "NotImplemented",
        ],
    ),
    (&["collections"], &["OrderedDict", "defaultdict", "Counter", "deque"]),
    (&["copyreg", "copy_reg"], &["_reconstructor", "__newobj__"]),
    (&["_codecs"], &["encode"]),
    (&["datetime"], &["date", "datetime", "time", "timedelta", "timezone"]),
    (&["decimal"], &["Decimal"]),
    (&["fractions"], &["Fraction"]),
    (&["uuid"], &["UUID"]),
    (&["pathlib"], &["Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"]),
    (
        &[
            "numpy",
            "numpy.core.multiarray",
            "numpy._core.multiarray",
            "numpy.core.numeric",
            "numpy._core.numeric",
        ],
        &[
            "ndarray",
            "dtype",
            "_reconstruct",
            "scalar",
            "_frombuffer",
            "bool_",
            "float16",
            "float32",
            "float64",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "str_",
        ],
    ),
    (&["joblib.numpy_pickle"], &["NumpyArrayWrapper"]),
    (
        &["torch._utils"],
        &[
            "_rebuild_tensor",
            "_rebuild_tensor_v2",
            "_rebuild_tensor_v3",
            "_rebuild_parameter",
            "_rebuild_parameter_with_state",
            "_rebuild_qtensor",
            "_rebuild_sparse_tensor",
            "_rebuild_device_tensor_from_numpy",
            "_rebuild_meta_tensor_no_storage",
        ],
    ),
    (
        &["torch", "torch.cuda"],
        &[
            "BFloat16Storage",
            "BoolStorage",
            "ByteStorage",
            "CharStorage",
            "ComplexDoubleStorage",
            "ComplexFloatStorage",
            "DoubleStorage",
            "FloatStorage",
            "HalfStorage",
            "IntStorage",
            "LongStorage",
            "ShortStorage",
            "Size",
            "Tensor",
            "device",
            "float16",
            "bfloat16",
            "float32",
            "float64",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "bool",
        ],
    ),
    (&["torch.storage"], &["UntypedStorage", "TypedStorage"]),
    (&["torch.nn.parameter"], &["Parameter"]),
];

/// What an import means. Names may be dotted (`Path.unlink`): the first part
/// is enough to be dangerous.
pub(crate) fn judge(module: &str, name: &str) -> Verdict {
    let below =
        |whole: &str| module == whole || module.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'));
    if let Some((_, why)) = MODULES.iter().find(|(whole, _)| below(whole)) {
        return Verdict::Danger(why);
    }
    let first = name.split('.').next().unwrap_or_default();
    let named = |modules: &[&str], names: &[&str]| {
        modules.contains(&module) && (names.contains(&name) || names.contains(&first))
    };
    if let Some((.., why)) = NAMES.iter().find(|(modules, names, _)| named(modules, names)) {
        return Verdict::Danger(why);
    }
    // `collections.OrderedDict.__init__.__globals__` and its like.
    if name.contains("__") && name.contains('.') || module.contains("__builtins__") {
        return Verdict::Danger(REACH);
    }
    // Through a module that a harmless one has imported: `torch.os.system`.
    let through = |part: &str| MODULES.iter().any(|(whole, _)| *whole == part);
    if name.contains('.') && name.split('.').any(through)
        || module.split('.').skip(1).any(|part| part == "os")
    {
        return Verdict::Danger(REACH);
    }
    if KNOWN.iter().any(|(modules, names)| modules.contains(&module) && names.contains(&name)) {
        return Verdict::Known;
    }
    Verdict::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_judged() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("subprocess", "Popen"),
            ("builtins", "eval"),
            ("__builtin__", "getattr"),
            ("importlib._bootstrap", "x"),
            ("operator", "attrgetter"),
            ("collections", "OrderedDict.__init__.__globals__"),
            ("torch", "os.system"),
            ("torch.storage", "_load_from_bytes"),
            ("numpy.testing._private.utils", "runstring"),
        ] {
            assert!(matches!(judge(module, name), Verdict::Danger(_)), "{module}.{name}");
        }
        for (module, name) in [
            ("collections", "OrderedDict"),
            ("torch._utils", "_rebuild_tensor_v2"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("builtins", "set"),
        ] {
            assert_eq!(judge(module, name), Verdict::Known, "{module}.{name}");
        }
        for (module, name) in
            [("sklearn.tree._classes", "DecisionTreeClassifier"), ("__main__", "Net"), ("osmnx", "graph")]
        {
            assert_eq!(judge(module, name), Verdict::Unknown, "{module}.{name}");
        }
    }
}
