//! The social mix: Nova beside a bare program, and a population of real shape beside the usual one.

use std::sync::Arc;

use nova_testkit::Collector;
use nova_tests::again::{Again, input_ends};

use crate::Extent;
use crate::baseline::Baseline;
use crate::load::{Side, in_turns};
use crate::platform::Platform;
use crate::population::{Population, Shape};
use crate::rows::{Beside, Goals};

const CONNECTIONS: [u64; 2] = [8, 32];

const BESIDE_BARE: Goals = Goals {
    rate: 0.5,
    cpu_ms: Some(0.6),
    home: Some(2.0),
};
const BESIDE_USUAL: Goals = Goals {
    rate: 0.8,
    cpu_ms: None,
    home: None,
};

const BESIDE_ITSELF: Goals = Goals {
    rate: 0.9,
    cpu_ms: None,
    home: None,
};

/// Nova and the bare program, with as many users and posts.
pub(crate) async fn beside_bare(extent: Extent) -> anyhow::Result<()> {
    let platform = Platform::start().await?;
    let baseline = Baseline::start().await?;
    let population = Population::settle_bare(baseline.target, extent.crowd).await?;
    baseline.analyze().await?;
    let bare = Side {
        name: "bare axum and sqlx",
        target: baseline.target,
        platform: None,
        population: Arc::new(population),
    };
    let nova = Side::of(
        &platform,
        "nova",
        Population::settle(platform.target, &platform.databases, extent.crowd).await?,
    );
    held_against("social mix", [nova, bare], BESIDE_BARE, extent).await?;
    baseline.stop().await?;
    platform.stop().await
}

/// Two platforms, one with a graph of real shape and one with the usual population: who waits for their turn is idle.
pub(crate) async fn on_graph(extent: Extent) -> anyhow::Result<()> {
    let (usual, real) = (Platform::start().await?, Platform::start().await?);
    let graph = Population::settle(real.target, &real.databases, extent.graph).await?;
    let crowd = Population::settle(usual.target, &usual.databases, extent.crowd).await?;
    let mix = format!("social mix on a graph of {} users", extent.graph.users);
    let sides = [
        Side::of(&real, "graph", graph),
        Side::of(&usual, "the usual population", crowd),
    ];
    held_against(&mix, sides, BESIDE_USUAL, extent).await?;
    usual.stop().await?;
    real.stop().await
}

/// Two platforms with the usual population; on one of them each post shows a picture.
pub(crate) async fn with_pictures(extent: Extent) -> anyhow::Result<()> {
    let (usual, shown) = (Platform::start().await?, Platform::start().await?);
    let shape = Shape {
        pictures: true,
        ..extent.crowd
    };
    let pictures = Population::settle(shown.target, &shown.databases, shape).await?;
    let crowd = Population::settle(usual.target, &usual.databases, extent.crowd).await?;
    let sides = [
        Side::of(&shown, "pictures", pictures),
        Side::of(&usual, "itself without", crowd),
    ];
    let mix = "social mix with a picture in each post";
    held_against(mix, sides, BESIDE_ITSELF, extent).await?;
    usual.stop().await?;
    shown.stop().await
}

/// Two platforms with the usual population; one of them tells a collector of every request, and of all that follows from it.
pub(crate) async fn traced(extent: Extent) -> anyhow::Result<()> {
    let collector = Again::start(&[COLLECTOR], []).await?;
    let endpoint = format!("http://{}", collector.address);
    let settings = [
        ("NOVA_OTLP_ENDPOINT", endpoint.as_str()),
        ("NOVA_TRACE_RATIO", "1"),
    ];
    let (usual, traced) = (
        Platform::start().await?,
        Platform::start_with(&settings).await?,
    );
    let told = Population::settle(traced.target, &traced.databases, extent.crowd).await?;
    let crowd = Population::settle(usual.target, &usual.databases, extent.crowd).await?;
    let sides = [
        Side::of(&traced, "traced", told),
        Side::of(&usual, "itself without", crowd),
    ];
    held_against("social mix, all of it traced", sides, BESIDE_ITSELF, extent).await?;
    usual.stop().await?;
    traced.stop().await?;
    collector.stop().await
}

/// The argument with which this program is the collector.
pub(crate) const COLLECTOR: &str = "collector";

/// Takes traces until its input ends, and keeps none.
pub(crate) async fn collect() -> anyhow::Result<()> {
    let collector = Collector::start_forgetful().await;
    println!("{}", collector.address());
    input_ends().await
}

impl<'a> Side<'a> {
    fn of(platform: &'a Platform, name: &'static str, population: Population) -> Self {
        Self {
            name,
            target: platform.target,
            platform: Some(platform),
            population: Arc::new(population),
        }
    }
}

async fn held_against(
    mix: &str,
    mut sides: [Side<'_>; 2],
    goals: Goals,
    extent: Extent,
) -> anyhow::Result<()> {
    for connections in CONNECTIONS {
        let [own, its] = in_turns(&mut sides, connections, extent).await?;
        let beside = Beside {
            mix: format!("{mix}, {connections} connections"),
            own: &own,
            other: sides[1].name,
            its: &its,
            goals,
        };
        beside.print();
    }
    Ok(())
}
