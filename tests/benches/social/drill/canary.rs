//! A new release of two services takes a tenth of their requests; what it answers decides whether it takes all or none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::caddy::{Caddy, Shares};
use super::fleet::Fleet;
use super::judge::judge;
use super::rolling::print_failures;
use super::traffic::Traffic;
use super::{Plan, Table, settle};

/// Whose new release it is: those that the mix asks.
const SERVICES: [&str; 2] = ["content", "feed"];
const REPLICAS: usize = 2;
/// Requests to the others for each to a canary.
const OTHERS: usize = 9;
/// More than this share of answers of 500 and above, and the canary goes.
const TOO_MANY: f64 = 0.05;
/// Fewer answers tell nothing.
const ENOUGH: f64 = 20.0;
const LOOK: Duration = Duration::from_millis(500);

/// What is wrong with a release that is made for the drill.
struct Release {
    name: &'static str,
    setting: Option<(&'static str, &'static str)>,
    /// Whether its processes become ready.
    starts: bool,
}

/// Does not even start: the value is none.
const NEVER_READY: Release = Release {
    name: "never ready",
    setting: Some(("NOVA_REQUEST_TIMEOUT", "soon")),
    starts: false,
};
/// Says that it is ready, and gives up whatever it is asked.
const FAILING: Release = Release {
    name: "ready but failing",
    setting: Some(("NOVA_REQUEST_TIMEOUT", "1ms")),
    starts: true,
};
const GOOD: Release = Release {
    name: "good",
    setting: None,
    starts: true,
};

/// How a canary did.
struct Outcome {
    /// Of its answers.
    answers: f64,
    errors: f64,
    is_bad: bool,
    /// From its first request to the decision.
    watched: Duration,
}

pub(crate) async fn run(plan: Plan) -> anyhow::Result<()> {
    let mut fleet = Fleet::start("canary", REPLICAS, None).await?;
    let caddy = Caddy::start(&fleet).await?;
    let mut population = settle(&fleet, &caddy, plan).await?;
    let traffic = Traffic::begin(caddy.target, &population, plan.rate, plan.seed).await?;
    let begin = Instant::now();
    tokio::time::sleep(plan.steady).await;

    let mut outcomes = Vec::new();
    let mut moments = vec![Instant::now()];
    for release in [&NEVER_READY, &FAILING, &GOOD] {
        let outcome = try_out(&mut fleet, &caddy, release, plan.steady).await?;
        outcomes.push(outcome);
        moments.push(Instant::now());
    }
    // Promoted: all replicas are replaced, one after the other.
    for at in 0..fleet.replicas.len() {
        if SERVICES.contains(&fleet.replica(at)?.service) {
            fleet.restart(at, None).await?;
        }
    }
    moments.push(Instant::now());
    let seen = traffic.end().await?;
    print_failures(&seen, begin);
    if let Some(population) = Arc::get_mut(&mut population) {
        population.note(&seen.posts);
    }
    let verdict = judge(&fleet, &seen, Some((caddy.target, &*population))).await?;

    let failed = |from: usize, to: usize| {
        let within = |at: Instant| at >= moments[from] && at < moments[to];
        seen.failures().filter(|asked| within(asked.due)).count()
    };
    let mut table = Table::new("canary");
    let rate = seen.rate(begin, moments[4]);
    table.tell("requests", format!("{} ({rate:.0}/s)", seen.asked.len()));
    for (number, release) in [&NEVER_READY, &FAILING, &GOOD].into_iter().enumerate() {
        let (name, outcome) = (release.name, &outcomes[number]);
        let what = format!("{name}: its answers, and those of 500 and above");
        table.tell(&what, format!("{} and {}", outcome.answers, outcome.errors));
        let what = format!("{name}: given up");
        let watched = format!(
            "{} after {:.1} s",
            outcome.is_bad,
            outcome.watched.as_secs_f64()
        );
        let bad = release.setting.is_some();
        table.ask(&what, watched, bad, outcome.is_bad == bad);
    }
    table.none(
        "requests that failed beside the one never ready",
        failed(0, 1),
    );
    table.tell("requests that the failing one failed", failed(1, 2));
    table.none("requests that failed beside the good one", failed(2, 3));
    table.none("requests that failed at its promotion", failed(3, 4));
    let again = "reads asked again, as their connection had just been ended";
    table.tell(again, seen.again);
    verdict.tell(&mut table);
    caddy.stop().await?;
    fleet.finish().await?;
    table.end()
}

/// Starts a replica of each service beside the others, gives it a tenth of the requests, and takes it away again, at once when
/// it is bad.
async fn try_out(
    fleet: &mut Fleet,
    caddy: &Caddy,
    release: &Release,
    patience: Duration,
) -> anyhow::Result<Outcome> {
    let usual = fleet.replicas.len();
    for service in SERVICES {
        let at = fleet.add(service, &format!("{service}-canary"))?;
        let own = &mut fleet.replica(at)?.own;
        own.extend(
            release
                .setting
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        fleet.start_replica(at, None)?;
        if release.starts {
            fleet.replica(at)?.ready().await?;
        }
    }
    caddy.share(&shares(fleet, usual)).await?;
    let outcome = watch(fleet, usual, patience).await?;
    caddy.share(&shares_of_usual(fleet, usual)).await?;
    for mut canary in fleet.replicas.split_off(usual) {
        if release.starts {
            canary.stop().await?;
        } else {
            canary.has_refused().await?;
        }
    }
    Ok(outcome)
}

/// Looks at what the canaries answer until they are bad, or have been good for long enough.
async fn watch(fleet: &Fleet, usual: usize, patience: Duration) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let (mut answers, mut errors) = (0.0, 0.0);
        for canary in &fleet.replicas[usual..] {
            // One that serves nothing has answered nothing.
            let count = async |words: &[&str]| {
                let count = canary.metric("nova_http_requests_total", words).await;
                count.unwrap_or_default()
            };
            answers += count(&[]).await;
            errors += count(&["status=\"5"]).await;
        }
        let is_over = began.elapsed() >= patience;
        let is_failing = answers >= ENOUGH && errors > TOO_MANY * answers;
        if is_failing || is_over {
            return Ok(Outcome {
                answers,
                errors,
                // Who was given requests and answered none is no release to go on with.
                is_bad: is_failing || answers < ENOUGH,
                watched: began.elapsed(),
            });
        }
    }
}

/// A tenth of the requests of their services to the canaries.
fn shares(fleet: &Fleet, usual: usize) -> Shares {
    let mut shares = Shares::new();
    for (at, replica) in fleet.replicas.iter().enumerate() {
        let has_canary = SERVICES.contains(&replica.service);
        let times = match (has_canary, at < usual) {
            (true, true) => OTHERS,
            (true, false) => REPLICAS,
            (false, _) => 1,
        };
        let addresses = shares.entry(replica.service).or_default();
        addresses.extend(std::iter::repeat_n(replica.address, times));
    }
    shares
}

fn shares_of_usual(fleet: &Fleet, usual: usize) -> Shares {
    let mut shares = Shares::new();
    for replica in &fleet.replicas[..usual] {
        shares
            .entry(replica.service)
            .or_default()
            .push(replica.address);
    }
    shares
}
