//! Where consumer groups are, and what they have.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nova_cli::platform::SERVICES;
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Operator;

/// What `/metrics` answers there.
fn asked(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_says_how_far_behind_a_service_is() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let operator = Operator { stack };
    operator.sees(
        "lag --service identity",
        &["no consumer has committed anything yet"],
    );
    let post = PostCreated {
        user_id: "someone".to_owned(),
        ..Default::default()
    };
    operator.stack.publish(&post).await;
    // It is no proper post: it is parked, and the offset is committed all the same.
    eventually("its offset is committed", async || {
        let lags = operator.sees("lag --service feed --json", &[]);
        let is_read =
            |line: &str| line.contains(r#""committed":1,"#) && line.contains(r#""lag":0,"#);
        lags.lines().any(is_read).then_some(()).ok_or(lags)
    })
    .await;
    let lags = operator.sees("lag", &["GROUP", "content-events"]);
    let of_content = lags.lines().filter(|line| line.contains("content-events"));
    assert_eq!(of_content.count(), 6, "{lags}");
    // Of a consumer that is gone nobody else tells.
    let (mut exporter, address) = operator.serves("lag --service feed --serve 127.0.0.1:0");
    let told = asked(&address);
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    let of = |partition: i32| {
        format!(
            "kafka_consumer_lag{{group=\"feed\",topic=\"content-events\",partition=\"{partition}\"}} "
        )
    };
    for partition in 0..6 {
        assert!(told.contains(&(of(partition) + "0\n")), "{told}");
    }
    app.stop().await;
    operator.stack.publish(&post).await;
    let told = asked(&address);
    let behind = told
        .lines()
        .filter(|line| line.starts_with("kafka_consumer_lag{") && !line.ends_with(" 0"));
    assert_eq!(behind.count(), 1, "{told}");
    exporter.kill().unwrap();
    exporter.wait().unwrap();
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_on_where_it_is_told_once_nobody_consumes_for_it() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let operator = Operator { stack };
    let before = OffsetDateTime::now_utc().format(&Rfc3339).unwrap();
    let post = PostCreated {
        user_id: "someone".to_owned(),
        ..Default::default()
    };
    operator.stack.publish(&post).await;
    let is_read = async || {
        let lags = operator.sees("lag --service feed --json", &[]);
        let is_read = |line: &str| line.contains(r#""committed":1,"#);
        lags.lines().any(is_read).then_some(()).ok_or(lags)
    };
    eventually("its offset is committed", is_read).await;
    // Its row, of a partition that nobody chose.
    let row = |text: &str| -> Vec<String> {
        let mut rows = text.lines().filter(|line| line.contains("content-events"));
        let row = rows.find(|line| line.split_whitespace().nth(2) == Some("1"));
        row.unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    let shown = row(&operator.sees("offsets show --group feed", &["TOPIC", "NEXT"]));
    assert_eq!(shown.len(), 3, "{shown:?}");
    let reset = format!("offsets reset --group feed --to {before}");
    let refused = operator.types(&reset);
    assert_eq!(refused.code, 1, "{}", refused.out);
    assert!(refused.err.contains("feed has members"), "{}", refused.err);
    app.stop().await;
    let planned = row(&operator.sees(&format!("{reset} --dry-run"), &["FROM", "TO"]));
    assert_eq!(planned[2..], ["1", "0"]);
    is_read().await.unwrap();
    operator.sees(&reset, &["FROM", "TO"]);
    is_read().await.unwrap_err();
    let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap();
    operator.sees(&format!("offsets reset --group feed --to {now}"), &[]);
    is_read().await.unwrap();
    operator.sees(&reset, &[]);
    let _app = operator.stack.start(nova_feed::service).await;
    eventually("it is read again", is_read).await;
    for (line, named) in [
        ("offsets show --group nobody", "--group: nobody"),
        (
            "offsets reset --group nobody --to 2026-01-01T00:00:00Z",
            "--group: nobody",
        ),
        (
            "offsets reset --group feed --to 2999-01-01T00:00:00Z",
            "--to: 2999",
        ),
        (
            "offsets reset --group feed --to yesterday",
            "a time such as",
        ),
        ("offsets reset --group feed", "--to"),
    ] {
        let said = operator.types(line);
        assert_eq!(said.code, 2, "{line}: {}", said.err);
        assert!(said.err.contains(named), "{line}: {}", said.err);
    }
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_another_name_is_another_group() {
    let stack = Stack::new().await.with("NOVA_KAFKA_GROUP", "feed-green");
    let app = stack.start(nova_feed::service).await;
    let operator = Operator { stack };
    // It is no proper post.
    let post = PostCreated {
        user_id: "someone".to_owned(),
        ..Default::default()
    };
    operator.stack.publish(&post).await;
    let pool = operator.stack.database("feed").await;
    let whose = eventually("it is parked", async || {
        let whose: Option<String> = sqlx::query_scalar("SELECT consumer FROM dead_letters")
            .fetch_optional(&pool)
            .await
            .unwrap();
        whose.ok_or("it is not")
    });
    assert_eq!(whose.await, "feed-green");
    eventually("it is committed", async || {
        let said = operator.types("offsets show --group feed-green");
        (said.code == 0).then_some(()).ok_or(said.err)
    })
    .await;
    assert_eq!(operator.types("offsets show --group feed").code, 2);
    app.stop().await;
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_are_brought_up_to_date_and_looked_at() {
    let operator = Operator {
        stack: Stack::new().await,
    };
    let check = operator.types("migrate --check");
    assert_eq!(check.code, 1, "{}{}", check.out, check.err);
    assert!(
        check.out.contains("_feed: 0001_event_bus pending"),
        "{}",
        check.out
    );
    operator.sees("migrate --service feed", &["_feed: 0001_event_bus applied"]);
    operator.sees("migrate --service feed --check", &["_feed: up to date"]);
    let all = operator.sees(
        "migrate",
        &["_feed: up to date", "_media: 0001_event_bus applied"],
    );
    for service in SERVICES {
        let database = format!("_{}: ", service.replace('-', "_"));
        assert!(all.contains(&database), "{service}: {all}");
    }
    let again = operator.sees("migrate --check", &["up to date"]);
    assert_eq!(again.lines().count(), SERVICES.len(), "{again}");
    let unknown = operator.types("migrate --service nobody");
    assert!(
        unknown.code != 0 && unknown.err.contains("nobody"),
        "{}",
        unknown.err
    );
    operator.stack.finish().await;
}
