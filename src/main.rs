//! The `pcfg` command.

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut instance = pcfg::instance::open(Path::new(&arguments[1])).expect("opens");
    let mut reading = instance.read(pcfg::instance::Scope::default(), &|_, _| {}).expect("reads");
    let projects = match &arguments[2..] {
        [] => pcfg::select::Projects::All,
        keys => pcfg::select::Projects::Keys(keys.to_vec()),
    };
    let options = pcfg::select::Options { projects, ..Default::default() };
    let config = pcfg::select::select(&mut reading.snapshot, &options).expect("selects");
    pcfg::xml::write(&config, &mut std::io::stdout()).expect("writes");
    for note in &reading.snapshot.notes {
        eprintln!("{:?} {} {}", note.kind, note.path, note.message);
    }
    for problem in pcfg::check::check(config.root()) {
        eprintln!("{} {} {:?}", problem.path, problem.message, problem.help);
    }
}
