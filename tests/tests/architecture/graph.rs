//! What may enter the graph of dependencies: whose code, under which terms, from where.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::ensure;
use cargo_metadata::{MetadataCommand, Package};
use spdx::{Expression, ParseMode};

use crate::kept;
use crate::repository::root;

/// The platforms that Nova runs on.
const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Permissive ones only: Nova itself is MIT, and its binaries contain all of this.
const LICENSES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    // Attribution in the source and in the binary's documentation, as with MIT.
    "BSD-3-Clause",
    "ISC",
    // No condition at all.
    "0BSD",
    "BSL-1.0",
    // Attribution, and changed sources must say that they are changed.
    "Zlib",
    // The data tables of Unicode: attribution.
    "Unicode-3.0",
    // The certificates of webpki-roots: data, no condition on what is built with it.
    "CDLA-Permissive-2.0",
];

/// TLS is rustls, its cryptography that of aws-lc: nothing to find on the system at run time, and one set of
/// advisories to follow.
const OTHER_CRYPTOGRAPHY: &[&str] = &["native-tls", "openssl-sys", "ring"];

/// What this looks at of a package.
#[derive(Clone)]
struct Crate {
    name: String,
    license: Option<String>,
    /// One of the workspace, which is found by its path.
    is_ours: bool,
    /// From cargo's own registry: what is built today can be built next year.
    is_published: bool,
    /// Dependencies of any version whatever.
    wildcards: Vec<String>,
}

impl From<Package> for Crate {
    fn from(package: Package) -> Self {
        let anything = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_none() && dependency.req.to_string() == "*");
        Self {
            name: package.name.to_string(),
            wildcards: anything.map(|dependency| dependency.name.clone()).collect(),
            license: package.license,
            is_ours: package.source.is_none(),
            is_published: package.source.is_some_and(|source| source.is_crates_io()),
        }
    }
}

/// All that is compiled for these platforms.
fn graph() -> anyhow::Result<Vec<Crate>> {
    let compiled = compiled()?;
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .other_options(vec!["--locked".to_owned()])
        .exec()?;
    let packages = metadata.packages.into_iter();
    Ok(packages
        .filter(|package| compiled.contains(&format!("{} v{}", package.name, package.version)))
        .map(Crate::from)
        .collect())
}

/// The lock file has more: what features would bring that nobody has turned on. `serde v1.0.0` for each.
fn compiled() -> anyhow::Result<BTreeSet<String>> {
    let options = [
        "--locked",
        "--workspace",
        "--edges",
        "all",
        "--prefix",
        "none",
    ];
    let tree = Command::new("cargo")
        .current_dir(root())
        .arg("tree")
        .args(options)
        .args(PLATFORMS.iter().flat_map(|platform| ["--target", platform]))
        .output()?;
    let text = String::from_utf8(tree.stdout)?;
    ensure!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let name = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    Ok(text.lines().filter_map(name).collect())
}

fn other_terms(graph: &[Crate]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for one in graph {
        let license = one.license.as_deref().unwrap_or_default();
        let allowed = Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|terms| {
            terms.evaluate(|term| {
                let allowed = LICENSES
                    .iter()
                    .find(|allowed| term.to_string() == **allowed);
                used.extend(allowed);
                allowed.is_some()
            })
        });
        if !allowed {
            broken.push(format!("{}: its license is {license:?}", one.name));
        }
    }
    let unused = LICENSES.iter().filter(|license| !used.contains(*license));
    broken.extend(unused.map(|license| format!("{license}: nothing has it, take it off the list")));
    broken
}

fn from_elsewhere(graph: &[Crate]) -> Vec<String> {
    let elsewhere = graph.iter().filter(|one| !one.is_ours && !one.is_published);
    elsewhere
        .map(|one| format!("{}: not out of cargo's own registry", one.name))
        .collect()
}

fn other_cryptography(graph: &[Crate]) -> Vec<String> {
    let other = graph
        .iter()
        .filter(|one| OTHER_CRYPTOGRAPHY.contains(&one.name.as_str()));
    other
        .map(|one| format!("{}: a second cryptography (`cargo tree -i {0}`)", one.name))
        .collect()
}

fn of_any_version(graph: &[Crate]) -> Vec<String> {
    let ours = graph.iter().filter(|one| one.is_ours);
    ours.flat_map(|one| {
        let any = one.wildcards.iter();
        any.map(|name| format!("{}: say which version of {name} it means", one.name))
    })
    .collect()
}

#[test]
fn the_graph_keeps_its_rules() -> anyhow::Result<()> {
    let graph = graph()?;
    assert!(graph.iter().any(|one| one.name == "rdkafka-sys"));
    assert!(graph.iter().filter(|one| one.is_ours).count() > 10);
    for rule in [
        other_terms,
        from_elsewhere,
        other_cryptography,
        of_any_version,
    ] {
        kept(rule(&graph))?;
    }
    Ok(())
}

#[test]
fn the_rules_of_the_graph_bite() -> anyhow::Result<()> {
    let lawful = Crate {
        name: "lawful".to_owned(),
        license: Some("MIT".to_owned()),
        is_ours: false,
        is_published: true,
        wildcards: Vec::new(),
    };
    let licensed = |license: Option<&str>| Crate {
        license: license.map(str::to_owned),
        ..lawful.clone()
    };
    // Those that nothing has are named in any case.
    let refused = |one: Crate| {
        let broken = other_terms(&[one]);
        broken.iter().any(|line| line.starts_with("lawful: "))
    };
    assert!(!refused(licensed(Some("GPL-3.0 OR MIT"))));
    assert!(!refused(licensed(Some("MIT/Apache-2.0"))));
    for other in [Some("GPL-3.0"), Some("MIT AND GPL-3.0"), Some("what"), None] {
        assert!(refused(licensed(other)), "{other:?}");
    }
    assert!(
        other_terms(std::slice::from_ref(&lawful))
            .iter()
            .any(|line| line.starts_with("ISC: "))
    );

    let ring = Crate {
        name: "ring".to_owned(),
        ..lawful.clone()
    };
    assert_eq!(other_cryptography(&[lawful.clone(), ring]).len(), 1);
    let fork = Crate {
        is_published: false,
        ..lawful.clone()
    };
    assert_eq!(from_elsewhere(&[lawful.clone(), fork]).len(), 1);
    let careless = Crate {
        is_ours: true,
        wildcards: vec!["serde".to_owned()],
        ..lawful.clone()
    };
    assert_eq!(of_any_version(&[lawful, careless]).len(), 1);
    Ok(())
}
