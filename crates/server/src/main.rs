//! The `weighhouse` program.

fn main() -> std::process::ExitCode {
    weighhouse_server::run()
}
