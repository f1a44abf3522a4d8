//! The machine: system, processor, memory, graphics cards.

use serde_json::{Map, Value, json};
use std::fs;
use std::time::Duration;

/// How long a driver may take to answer; a broken one never does.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts of the component `environment` that the machine gives, and what
/// to say of it.
pub(super) fn environment(gpus: Vec<Value>) -> (Map<String, Value>, String) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpu = field("/proc/cpuinfo", "model name").or_else(|| field("/proc/cpuinfo", "Model"));
    let cpu = cpu.unwrap_or_else(|| std::env::consts::ARCH.into());
    let os = os();
    let mut said = format!("{os}, {cores} × {cpu}");
    let mut hardware = json!({ "cpu": cpu, "cores": cores });
    // Whole gibibytes: what the kernel keeps for itself differs from start to start.
    let memory =
        field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    if let Some(gib) = memory.map(|kib| kib.div_ceil(1 << 20)) {
        said.push_str(&format!(", {gib} GiB"));
        insert(&mut hardware, "memory_gib", json!(gib));
    }
    match gpus.as_slice() {
        [] => said.push_str(", no GPU found"),
        all => {
            let names: Vec<_> = all.iter().filter_map(|gpu| gpu.get("name")?.as_str()).collect();
            said.push_str(&format!(", {}", names.join(", ")));
            insert(&mut hardware, "gpus", json!(all));
        }
    }
    (Map::from_iter([("os".to_owned(), json!(os)), ("hardware".to_owned(), hardware)]), said)
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.into(), value);
    }
}

/// The first value of a name in a file of `name : value` lines.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// The system by its own name, with its kernel and architecture.
fn os() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.map_or(std::env::consts::OS, |name| name.trim_matches(['"', '\'']));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = Some(kernel.trim()).filter(|kernel| !kernel.is_empty());
    let kernel = kernel.map_or_else(String::new, |kernel| format!(", Linux {kernel}"));
    format!("{name}{kernel}, {}", std::env::consts::ARCH)
}

/// The cards that NVIDIA's driver lists; none where it is not there.
pub(super) async fn gpus() -> Vec<Value> {
    let mut command = tokio::process::Command::new("nvidia-smi");
    command
        .args(["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(DRIVER_TIMEOUT, command.output()).await {
        Ok(Ok(output)) if output.status.success() => listed(&String::from_utf8_lossy(&output.stdout)),
        _ => Vec::new(),
    }
}

fn listed(text: &str) -> Vec<Value> {
    let card = |line: &str| {
        let mut parts = line.split(',').map(str::trim);
        let (name, memory, driver) = (parts.next()?, parts.next()?, parts.next()?);
        Some(json!({ "name": name, "memory_mib": memory.parse::<u64>().ok()?, "driver": driver }))
    };
    text.lines().filter_map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_read_as_the_driver_lists_them() {
        let cards = listed("NVIDIA A100-SXM4-80GB, 81920, 550.54.15\nNVIDIA T4, 15360, 550.54.15\nbroken\n");
        assert_eq!(cards.len(), 2);
        assert_eq!(
            cards[0],
            json!({"name": "NVIDIA A100-SXM4-80GB", "memory_mib": 81920, "driver": "550.54.15"})
        );
    }

    #[test]
    fn this_machine_has_a_system_and_a_processor() {
        let (environment, said) = environment(Vec::new());
        assert!(!environment["os"].as_str().unwrap().is_empty());
        assert!(environment["hardware"]["cores"].as_u64().unwrap() > 0 && said.contains("no GPU found"));
    }
}
