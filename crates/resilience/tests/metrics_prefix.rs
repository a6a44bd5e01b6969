//! The prefix of metrics, in a process of its own: it is said once for all.

use nova_resilience::{MetricsPrefixError, metric_name, prefix_metrics};

#[test]
fn metrics_begin_with_what_was_said_first() {
    for wrong in ["", "9_", "a-b", "a b", "\u{e4}"] {
        let error = MetricsPrefixError::Name(wrong.to_owned());
        assert_eq!(prefix_metrics(wrong), Err(error));
    }
    assert_eq!(prefix_metrics("shop_"), Ok(()));
    assert_eq!(metric_name("nova_breaker_state"), "shop_breaker_state");
    assert_eq!(metric_name("nova_breaker_state"), "shop_breaker_state");
    assert_eq!(prefix_metrics("shop_"), Ok(()));
    let error = MetricsPrefixError::TooLate("shop_".to_owned());
    assert_eq!(prefix_metrics("other_"), Err(error));
}
