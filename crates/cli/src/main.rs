//! `wh`: see the library of the same crate.

fn main() -> std::process::ExitCode {
    weighhouse_cli::main()
}
