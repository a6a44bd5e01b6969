use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::advance;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Whether something is ready without time passing.
fn is_ready(future: Pin<&mut impl Future>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    future.poll(&mut context).is_ready()
}

/// Opens at the second failure in a row for at most a second; closes after two of two probes.
fn config() -> BreakerConfig {
    BreakerConfig::new(BreakerPolicy::Consecutive(2))
        .and_then(|config| config.open_for(SECOND, 2, 60 * SECOND))
        .and_then(|config| config.half_open(2, 2))
        .unwrap()
}

fn permit(breaker: &Breaker) -> Permit {
    breaker.try_acquire().unwrap()
}

fn opened() -> Breaker {
    let breaker = Breaker::new("tested", config());
    permit(&breaker).failure();
    permit(&breaker).failure();
    breaker
}

/// Half open with one probe running.
async fn probing() -> (Breaker, Permit) {
    let breaker = opened();
    advance(SECOND).await;
    let probe = permit(&breaker);
    (breaker, probe)
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it_and_it_says_when_to_come_back() {
    let breaker = Breaker::new("tested", config());
    permit(&breaker).failure();
    assert_eq!(breaker.state(), BreakerState::Closed);
    permit(&breaker).failure();
    assert_eq!(breaker.state(), BreakerState::Open);
    let rejected = breaker.try_acquire().unwrap_err();
    assert_eq!(rejected.state, BreakerState::Open);
    let wait = rejected.retry_after.unwrap();
    assert!(wait >= SECOND / 2 && wait <= SECOND);
    advance(wait - Duration::from_millis(2)).await;
    assert!(breaker.try_acquire().is_err(), "a little too early");
    advance(Duration::from_millis(2)).await;
    let _probe = permit(&breaker);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_failure_rate_opens_it_once_enough_calls_were_made_in_its_window() {
    let rate = BreakerPolicy::FailureRate {
        percent: 50,
        minimum: 4,
        window: BreakerWindow::Time {
            length: 10 * SECOND,
            buckets: 10,
        },
    };
    let breaker = Breaker::new("rated", BreakerConfig::new(rate).unwrap());
    for _ in 0..3 {
        permit(&breaker).failure();
    }
    advance(10 * SECOND).await;
    permit(&breaker).success();
    permit(&breaker).failure();
    permit(&breaker).success();
    assert_eq!(breaker.state(), BreakerState::Closed, "three are too few");
    permit(&breaker).failure();
    assert_eq!(breaker.state(), BreakerState::Open);
    let reason = breaker
        .shared
        .look(|machine, _| machine.reason().to_owned());
    assert!(
        reason.starts_with("2 of the last 4 calls failed"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn enough_successful_probes_close_it() {
    let (breaker, probe) = probing().await;
    probe.success();
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    permit(&breaker).success();
    assert_eq!(breaker.state(), BreakerState::Closed);
    permit(&breaker).failure();
    assert_eq!(
        breaker.state(),
        BreakerState::Closed,
        "counts from the start"
    );
}

#[tokio::test(start_paused = true)]
async fn one_failed_probe_opens_it_for_longer() {
    let (breaker, probe) = probing().await;
    permit(&breaker).success();
    probe.failure();
    let rejected = breaker.try_acquire().unwrap_err();
    assert_eq!(rejected.state, BreakerState::Open);
    let wait = rejected.retry_after.unwrap();
    assert!(wait >= SECOND && wait <= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn no_more_probes_run_at_once_than_allowed() {
    let (breaker, first) = probing().await;
    let _second = permit(&breaker);
    let rejected = breaker.try_acquire().unwrap_err();
    assert_eq!(rejected.state, BreakerState::HalfOpen);
    assert_eq!(rejected.retry_after, None);
    first.success();
    let _third = permit(&breaker);
    assert!(breaker.try_acquire().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_gives_its_place_back_and_counts_as_neither() {
    let (breaker, first) = probing().await;
    let second = permit(&breaker);
    drop((first, second));
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    let places = (permit(&breaker), permit(&breaker));
    assert!(breaker.try_acquire().is_err());
    drop(places);

    let closed = Breaker::new("closed", config());
    permit(&closed).failure();
    drop(permit(&closed));
    assert_eq!(closed.state(), BreakerState::Closed, "no failure");
    permit(&closed).failure();
    assert_eq!(closed.state(), BreakerState::Open, "and no success");
}

#[tokio::test(start_paused = true)]
async fn a_permit_of_an_earlier_state_changes_nothing() {
    let breaker = Breaker::new("tested", config());
    let begun_before: Vec<Permit> = (0..6).map(|_| permit(&breaker)).collect();
    let mut begun_before = begun_before.into_iter();
    let mut late = || begun_before.next().unwrap();
    permit(&breaker).failure();
    permit(&breaker).failure();
    late().success();
    assert_eq!(breaker.state(), BreakerState::Open);
    advance(SECOND).await;
    let probe = permit(&breaker);
    late().failure();
    late().success();
    drop(late());
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    let other = permit(&breaker);
    assert!(
        breaker.try_acquire().is_err(),
        "no late permit frees a place"
    );
    probe.success();
    other.success();
    late().failure();
    late().failure();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_ends_after_it_closed_or_opened_changes_nothing() {
    let (breaker, late) = probing().await;
    permit(&breaker).failure();
    advance(2 * SECOND).await;
    permit(&breaker).success();
    late.success();
    assert_eq!(
        breaker.state(),
        BreakerState::HalfOpen,
        "one success of two"
    );
    let late = permit(&breaker);
    permit(&breaker).success();
    assert_eq!(breaker.state(), BreakerState::Closed);
    late.failure();
    permit(&breaker).failure();
    assert_eq!(breaker.state(), BreakerState::Closed, "one failure of two");
}

#[tokio::test(start_paused = true)]
async fn who_waits_goes_on_at_once_when_closed_and_at_the_open_times_end() {
    let breaker = opened();
    let wait = breaker.try_acquire().unwrap_err().retry_after.unwrap();
    let before = Instant::now();
    breaker.until_permitted().await;
    let waited = before.elapsed();
    assert!(waited >= wait && waited <= wait + Duration::from_millis(2));
    assert_eq!(breaker.state(), BreakerState::Open, "nothing was taken");
    let _probe = permit(&breaker);
    breaker.until_permitted().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_goes_on_when_a_probe_gives_its_place_back_or_closes_it() {
    let (breaker, first) = probing().await;
    let second = permit(&breaker);
    let mut waits = pin!(breaker.until_permitted());
    assert!(!is_ready(waits.as_mut()));
    drop(first);
    assert!(is_ready(waits.as_mut()));

    let third = permit(&breaker);
    let mut waits = pin!(breaker.until_permitted());
    assert!(!is_ready(waits.as_mut()));
    second.success();
    third.success();
    assert!(is_ready(waits.as_mut()));
}

#[tokio::test(start_paused = true)]
async fn who_waits_waits_on_when_the_probe_fails() {
    let (breaker, first) = probing().await;
    let _second = permit(&breaker);
    let mut waits = pin!(breaker.until_permitted());
    assert!(!is_ready(waits.as_mut()));
    first.failure();
    assert!(!is_ready(waits.as_mut()));
    let before = Instant::now();
    waits.await;
    assert!(before.elapsed() >= SECOND, "the longer open time");
}

#[tokio::test(start_paused = true)]
async fn breakers_of_one_seed_can_be_repeated_but_do_not_probe_together() {
    let wait = |name: &str| {
        let breaker = Breaker::new(name, config().seeded(42));
        permit(&breaker).failure();
        permit(&breaker).failure();
        breaker.try_acquire().unwrap_err().retry_after.unwrap()
    };
    assert_eq!(wait("posts/0"), wait("posts/0"));
    assert_ne!(wait("posts/0"), wait("posts/1"));
}

#[tokio::test(start_paused = true)]
async fn metrics_tell_the_state_its_changes_and_the_rejections() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let says = |line: &str| {
        let page = handle.render();
        assert!(page.lines().any(|found| found == line), "{line} in {page}");
    };
    let _recording = ::metrics::set_default_local_recorder(&recorder);
    let registry = BreakerRegistry::new(config(), |_: &u8| "tested".to_owned());
    let breaker = registry.get_or_open(&1);
    says(r#"nova_breaker_state{breaker="tested"} 0"#);
    permit(&breaker).failure();
    permit(&breaker).failure();
    says(r#"nova_breaker_state{breaker="tested"} 2"#);
    assert!(breaker.try_acquire().is_err());
    says(r#"nova_breaker_rejected_total{breaker="tested"} 1"#);
    registry.report();
    says(r#"nova_breaker_failure_rate{breaker="tested"} 1"#);
    advance(SECOND).await;
    let probe = permit(&breaker);
    says(r#"nova_breaker_state{breaker="tested"} 1"#);
    registry.remove(&1);
    says(r#"nova_breaker_state{breaker="tested"} 0"#);
    says(r#"nova_breaker_failure_rate{breaker="tested"} 0"#);
    probe.failure();
    says(r#"nova_breaker_state{breaker="tested"} 0"#);
    says(r#"nova_breaker_transitions_total{breaker="tested",to="open"} 2"#);
    says(r#"nova_breaker_transitions_total{breaker="tested",to="half_open"} 1"#);
}

#[tokio::test(start_paused = true)]
async fn metrics_tell_how_long_it_was_not_closed() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = ::metrics::set_default_local_recorder(&recorder);
    let breaker = opened();
    // Tried once in vain: that is the same time.
    advance(SECOND).await;
    permit(&breaker).failure();
    while breaker.state() != BreakerState::Closed {
        advance(SECOND).await;
        if let Ok(probe) = breaker.try_acquire() {
            probe.success();
        }
    }
    let page = handle.render();
    let value = |name: &str| -> f64 {
        let begin = format!("nova_breaker_recovery_seconds_{name}{{breaker=\"tested\"}} ");
        let found = page.lines().find_map(|line| line.strip_prefix(&begin));
        found.and_then(|value| value.parse().ok()).unwrap_or(0.0)
    };
    assert_eq!(value("count"), 1.0, "{page}");
    assert!(value("sum") >= 2.0, "{page}");
}

#[tokio::test(start_paused = true)]
async fn it_tells_what_it_looks_back_on() {
    let breaker = Breaker::new("counted", config());
    let counts = || {
        let counts = breaker.counts();
        (counts.successes, counts.failures)
    };
    assert_eq!(counts(), (0, 0));
    (0..9).for_each(|_| permit(&breaker).success());
    assert_eq!(counts(), (2, 0), "as many as open it");
    drop(permit(&breaker));
    permit(&breaker).failure();
    assert_eq!(counts(), (1, 1));
    assert_eq!(breaker.counts().failure_rate(), 0.5);
    permit(&breaker).failure();
    assert_eq!((counts(), breaker.state()), ((0, 2), BreakerState::Open));
    advance(SECOND).await;
    permit(&breaker).success();
    assert_eq!(counts(), (0, 2), "probes are not in it");
    permit(&breaker).success();
    assert_eq!(counts(), (0, 0), "it begins from nothing");
}

/// Five failures open it for at most a minute each time; three probes at once, two successes close it.
#[tokio::test(start_paused = true)]
async fn thresholds_and_a_recovery_time_are_a_config() {
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(5))
        .and_then(|config| config.open_for(60 * SECOND, 1, 60 * SECOND))
        .and_then(|config| config.half_open(3, 2));
    let breaker = Breaker::new("thresholds", config.unwrap());
    (0..5).for_each(|_| permit(&breaker).failure());
    for _ in 0..2 {
        let rejected = breaker.try_acquire().unwrap_err();
        let wait = rejected.retry_after.unwrap();
        assert!(wait >= 30 * SECOND && wait <= 60 * SECOND, "{wait:?}");
        assert_eq!(breaker.next_state(), BreakerState::Open);
        advance(60 * SECOND).await;
        assert_eq!(breaker.state(), BreakerState::Open, "nobody has tried");
        assert_eq!(breaker.next_state(), BreakerState::HalfOpen);
        let probes = [permit(&breaker), permit(&breaker), permit(&breaker)];
        assert!(breaker.try_acquire().is_err());
        probes.into_iter().for_each(Permit::failure);
        assert_eq!(breaker.state(), BreakerState::Open);
    }
    advance(60 * SECOND).await;
    permit(&breaker).success();
    permit(&breaker).success();
    assert_eq!(breaker.state(), BreakerState::Closed);
}
