//! The faults beside this file are patches, which `scripts/simulate --planted` plants one by one to show that
//! the simulation finds them. Here is looked whether each can still be planted.
//!
//! A patch begins with what it `Plants:` and the tests it must be `Found by:`, each on a line; `seeds` is the
//! run of all seeds.

use std::path::Path;

/// Places of a file that a patch changes, as they were before.
fn before(patch: &str) -> Vec<(&str, String)> {
    let mut file = "";
    let mut places = Vec::new();
    for line in patch.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            file = name;
        } else if line.starts_with("@@") {
            places.push((file, String::new()));
        } else if let Some((_, place)) = places.last_mut()
            && let Some(kept) = line.strip_prefix([' ', '-'])
            && !line.starts_with("---")
        {
            place.push_str(kept);
            place.push('\n');
        }
    }
    places
}

/// What keeps a patch from being planted.
fn fault(patch: &str, workspace: &Path) -> Option<String> {
    if !patch.starts_with("Plants: ") || !patch.contains("\nFound by: ") {
        return Some("does not say what it plants and what finds it".to_owned());
    }
    let places = before(patch);
    if places.is_empty() {
        return Some("changes nothing".to_owned());
    }
    places.iter().find_map(|(file, place)| {
        let text = std::fs::read_to_string(workspace.join(file)).unwrap_or_default();
        let count = text.matches(place.as_str()).count();
        (count != 1).then(|| format!("has {count} places in {file} for\n{place}"))
    })
}

#[test]
fn every_planted_fault_still_finds_its_place() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(here.join("src/simulation/planted")).unwrap() {
        let path = entry.unwrap().path();
        let patch = std::fs::read_to_string(&path).unwrap();
        if let Some(fault) = fault(&patch, workspace) {
            panic!("{} {fault}", path.display());
        }
        count += 1;
    }
    assert!(count > 0);
    println!("simulation: {count} faults can be planted");
}
