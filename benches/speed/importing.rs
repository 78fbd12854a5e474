//! How long an import takes beyond reading, and whether that grows with its size and no quicker.
//!
//! Times are processor time of the one thread that works, so that other processes on the machine count as little as they
//! can; memory is the peak of each part beyond what was there before it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pcfg::import::prepare;
use pcfg::model::Config;
use pcfg::plan::{Options, plan};
use pcfg::select::{CustomFields, Projects, Shares, select};

use super::instance_data::tables;
use super::{RUNS, memory};

/// Measures imports of so many objects into instances with as many, one in a hundred of them changed.
pub(crate) fn compare(sizes: &[u64]) {
    let mut first: Option<(u64, Vec<Part>)> = None;
    for &objects in sizes {
        // Made by another process: what that leaves behind would count.
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("speed-import-{objects}.xml"));
        own("import-file", objects, &file);
        let best = (0..RUNS).map(|_| in_own_process(objects, &file)).reduce(least).unwrap();
        println!("import of {objects} objects");
        for (number, part) in best.iter().enumerate() {
            let growth = first.as_ref().map_or(String::new(), |(size, parts)| {
                let (times, than) =
                    (part.time.as_secs_f64() / parts[number].time.as_secs_f64(), objects / size);
                format!("  {times:5.1} × of the first, for {than} × the objects")
            });
            println!("  {:40} {:7.3} s  {:5} MB{growth}", part.name, part.time.as_secs_f64(), part.memory);
        }
        first.get_or_insert((objects, best));
    }
}

struct Part {
    name: String,
    time: Duration,
    memory: u64,
}

fn least(one: Vec<Part>, other: Vec<Part>) -> Vec<Part> {
    let both = one.into_iter().zip(other);
    both.map(|(a, b)| Part { time: a.time.min(b.time), memory: a.memory.max(b.memory), name: a.name })
        .collect()
}

/// Runs a part of this program in a process of its own; returns what it prints.
fn own(step: &str, objects: u64, file: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let command = command.args([step, &objects.to_string()]).arg(file).stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn in_own_process(objects: u64, file: &Path) -> Vec<Part> {
    let text = own("import-step", objects, file);
    let part = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next().unwrap().parse().unwrap();
        let (time, memory) = (Duration::from_nanos(number()), number());
        Part { name: words.next().unwrap().to_owned(), time, memory }
    };
    text.lines().map(part).collect()
}

/// Writes the configuration of the instance with its changes.
pub(crate) fn write_file(objects: u64, file: &Path) {
    let mut snapshot = pcfg::mapping::read(&tables(objects, true));
    let options = pcfg::select::Options {
        projects: Projects::All,
        custom_fields: CustomFields::All,
        filters: Shares::All,
        ..Default::default()
    };
    std::fs::write(file, pcfg::xml::to_string(&select(&mut snapshot, &options).unwrap())).unwrap();
}

/// Measures the parts of an import, each beyond the ones before, and prints a line for each.
pub(crate) fn measure(objects: u64, file: &Path) {
    let before = tables(objects, false);
    let target = part("mapping the rows (reading)", || pcfg::mapping::read(&before));
    let config = part("reading the file (reading)", || {
        let document = pcfg::xml::read(&std::fs::read_to_string(file).unwrap());
        assert_eq!(document.problems, []);
        Config::new(document.root.unwrap())
    });
    let facts = pcfg::mapping::facts(&before, &target);
    let options = Options { update_users: true, ..Options::default() };
    let planned = part("planning", || plan(&target, &facts, &config, &options));
    assert_eq!(planned.refused, []);
    let (steps, all) = (planned.steps.len(), planned.steps.len() + planned.unchanged.len());
    assert!(all as u64 > objects * 9 / 10, "{all} of {objects} objects are in the file");
    assert!(steps * 200 > all && steps * 50 < all, "about one in a hundred of {all} changes: {steps}");
    drop(planned);
    let import =
        part("planning, rows, and their proof", || prepare(&before, &target, &facts, &config, &options));
    assert!(import.leftover.is_empty() && import.plan.refused.is_empty());
    assert!(import.work.rows().len() >= steps);
    part("description of the plan", || import.plan.describe());
}

fn part<T>(name: &str, work: impl FnOnce() -> T) -> T {
    // The peak begins anew.
    let _absent = std::fs::write("/proc/self/clear_refs", "5");
    let (began, had) = (processor_time(), memory("self", "VmRSS:"));
    let result = work();
    let time = processor_time() - began;
    println!("{time} {} {name}", memory("self", "VmHWM:").saturating_sub(had));
    result
}

/// Returns the processor time of this thread, in nanoseconds.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells the time of a thread");
    text.split(' ').next().unwrap().parse().unwrap()
}
